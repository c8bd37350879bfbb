package rds

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A mark is what instances can be found by: their region (a mark without a
// key), or a tag in their region. Each mark has its instances by serial.
type mark struct{ region, key, value string }

// insert takes an instance in, under the next serial. The caller holds mu.
func (s *Service) insert(in *instance) {
	s.serial++
	in.serial = s.serial
	s.instances[in.id] = in
	s.order = append(s.order, in)
	s.setMarks(in)
}

// forget takes an instance out. The caller holds mu.
func (s *Service) forget(in *instance) {
	delete(s.instances, in.id)
	s.order = without(s.order, in)
	s.clearMarks(in)
}

// retag gives an instance other tags. The caller holds mu.
func (s *Service) retag(in *instance, tags []tag) {
	s.clearMarks(in)
	in.tags = tags
	s.setMarks(in)
}

func (s *Service) setMarks(in *instance) {
	for i, t := range in.tags {
		in.tags[i].key = s.word(t.key)
	}
	for m := range in.marks {
		list := s.marks[m]
		at, _ := slices.BinarySearchFunc(list, in.serial, bySerial)
		s.marks[m] = slices.Insert(list, at, in)
	}
}

func (s *Service) clearMarks(in *instance) {
	for m := range in.marks {
		if list := without(s.marks[m], in); len(list) > 0 {
			s.marks[m] = list
		} else {
			delete(s.marks, m)
		}
	}
}

// marks ranges over the marks of an instance.
func (in *instance) marks(yield func(mark) bool) {
	if !yield(mark{region: in.region}) {
		return
	}
	for _, t := range in.tags {
		if !yield(mark{in.region, t.key, t.value}) {
			return
		}
	}
}

// word returns the one copy of a tag key: instances have the same few.
func (s *Service) word(key string) string {
	if _, ok := s.words[key]; !ok {
		key = strings.Clone(key)
		s.words[key] = key
	}
	return s.words[key]
}

// candidates returns the instances of a region that may carry the tags of a
// filter; exact means that all of them do. The caller holds mu and does not
// change the list.
func (s *Service) candidates(region string, tags []rpc.Tag) (list []*instance, exact bool) {
	list, exact = s.marks[mark{region: region}], len(tags) == 0
	for _, t := range tags {
		if !t.HasValue {
			continue
		}
		if some := s.marks[mark{region, t.Key, t.Value}]; len(some) <= len(list) {
			list, exact = some, len(tags) == 1
		}
	}
	return list, exact
}

// sweep forgets the instances whose deletion is done. The caller holds mu.
func (s *Service) sweep(now time.Time) {
	if len(s.leaving) == 0 {
		return
	}
	s.leaving = slices.DeleteFunc(s.leaving, func(in *instance) bool {
		if !in.gone(now) {
			return false
		}
		s.forget(in)
		return true
	})
}

// without takes an instance out of a list by serial.
func without(list []*instance, in *instance) []*instance {
	if at, ok := slices.BinarySearchFunc(list, in.serial, bySerial); ok {
		return slices.Delete(list, at, at+1)
	}
	return list
}

// since returns the part of a list that begins at a serial.
func since(list []*instance, serial uint64) []*instance {
	at, _ := slices.BinarySearchFunc(list, serial, bySerial)
	return list[at:]
}

func bySerial(in *instance, serial uint64) int { return cmp.Compare(in.serial, serial) }
