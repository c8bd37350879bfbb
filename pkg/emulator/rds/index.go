package rds

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// An indexKey is a region, with an empty tag key, or a tag in a region. Each has
// its instances by serial.
type indexKey struct{ region, key, value string }

// insert takes an instance in, under the next serial. The caller holds mu.
func (s *Service) insert(in *instance) {
	s.serial++
	in.serial = s.serial
	s.instances[in.id] = in
	s.order = append(s.order, in)
	s.addToIndex(in)
}

// remove removes an instance. The caller holds mu.
func (s *Service) remove(in *instance) {
	delete(s.instances, in.id)
	s.order = without(s.order, in)
	s.removeFromIndex(in)
}

// retag gives an instance other tags. The caller holds mu.
func (s *Service) retag(in *instance, tags []tag) {
	s.removeFromIndex(in)
	in.tags = tags
	s.addToIndex(in)
}

func (s *Service) addToIndex(in *instance) {
	for i, t := range in.tags {
		in.tags[i].key = s.tagKey(t.key)
	}
	for m := range in.indexKeys {
		list := s.index[m]
		at, _ := slices.BinarySearchFunc(list, in.serial, bySerial)
		s.index[m] = slices.Insert(list, at, in)
	}
}

func (s *Service) removeFromIndex(in *instance) {
	for m := range in.indexKeys {
		if list := without(s.index[m], in); len(list) > 0 {
			s.index[m] = list
		} else {
			delete(s.index, m)
		}
	}
}

// indexKeys ranges over the keys of an instance in the index.
func (in *instance) indexKeys(yield func(indexKey) bool) {
	if !yield(indexKey{region: in.region}) {
		return
	}
	for _, t := range in.tags {
		if !yield(indexKey{in.region, t.key, t.value}) {
			return
		}
	}
}

// tagKey returns the one copy of a tag key: instances have the same few.
func (s *Service) tagKey(key string) string {
	if _, ok := s.tagKeys[key]; !ok {
		key = strings.Clone(key)
		s.tagKeys[key] = key
	}
	return s.tagKeys[key]
}

// candidates returns the instances of a region that may carry the tags of a
// filter; exact means that all of them do. The caller holds mu and leaves the
// list unchanged.
func (s *Service) candidates(region string, tags []rpc.Tag) (list []*instance, exact bool) {
	list, exact = s.index[indexKey{region: region}], len(tags) == 0
	for _, t := range tags {
		if !t.HasValue {
			continue
		}
		if some := s.index[indexKey{region, t.Key, t.Value}]; len(some) <= len(list) {
			list, exact = some, len(tags) == 1
		}
	}
	return list, exact
}

// sweep removes the instances with a finished deletion, stops the idle ones and locks the
// servers of others. The caller holds mu.
func (s *Service) sweep(now time.Time) {
	s.pauseIdle(now)
	s.lockServers(now)
	if len(s.leaving) == 0 {
		return
	}
	s.leaving = slices.DeleteFunc(s.leaving, func(in *instance) bool {
		if !in.deleted(now) {
			return false
		}
		s.remove(in)
		return true
	})
}

// without returns a list without one of its instances, which it finds by
// serial.
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
