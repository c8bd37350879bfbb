package oss

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// The times of a task that moves a bucket from LRS to ZRS (A480): it waits, then works
// for a day, as in the example of OSS API, GetBucketDataRedundancyTransition.
const (
	transitionQueues = time.Minute
	transitionWorks  = 24 * time.Hour
)

// A redundancyTask moves the data of a bucket from LRS to ZRS.
type redundancyTask struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
}

// redundancyElement describes a task. Elements are missing until their state is reached.
type redundancyElement struct {
	XMLName       xml.Name `xml:"BucketDataRedundancyTransition"`
	Bucket        string   `xml:",omitempty"`
	TaskID        string   `xml:"TaskId"`
	Status        string   `xml:",omitempty"`
	CreateTime    string   `xml:",omitempty"`
	StartTime     string   `xml:",omitempty"`
	EndTime       string   `xml:",omitempty"`
	Percentage    *int     `xml:"ProcessPercentage"`
	RemainingTime *int     `xml:"EstimatedRemainingTime"` // hours
}

type redundancyTaskList struct {
	XMLName     xml.Name `xml:"ListBucketDataRedundancyTransition"`
	IsTruncated bool
	Tasks       []redundancyElement
}

// element describes the task as it is at a time (OSS API,
// GetBucketDataRedundancyTransition).
func (t redundancyTask) element(bucket string, now time.Time) redundancyElement {
	e := redundancyElement{Bucket: bucket, TaskID: t.ID, Status: "Queueing", CreateTime: xmlTime(t.Created)}
	start := t.Created.Add(transitionQueues)
	worked := now.Sub(start)
	if worked < 0 {
		return e
	}
	e.Status, e.StartTime = "Processing", xmlTime(start)
	if worked >= transitionWorks {
		e.Status, e.EndTime, worked = "Finished", xmlTime(start.Add(transitionWorks)), transitionWorks
	}
	e.Percentage, e.RemainingTime = new(int(worked*100/transitionWorks)), new(int((transitionWorks-worked)/time.Hour))
	return e
}

// redundancyAt returns the redundancy of the bucket once its tasks have done their work.
func (b *bucket) redundancyAt(now time.Time) string {
	for _, task := range b.transitions {
		if task.element(b.name, now).EndTime != "" {
			return redundancyZRS
		}
	}
	return b.redundancy
}

// createTransition begins a task (OSS API, CreateBucketDataRedundancyTransition). The
// codes of its refusals are guesses (A481).
func (s *Service) createTransition(r *request) (*response, *apiError) {
	now := s.cfg.Clock.Now()
	switch target := r.query.Get("x-oss-target-redundancy-type"); {
	case target != redundancyZRS:
		return nil, invalid("x-oss-target-redundancy-type", target, "The target redundancy type is ZRS.")
	case r.bucket.redundancyAt(now) == redundancyZRS:
		return nil, invalid("x-oss-target-redundancy-type", target, "The bucket has this redundancy type.")
	case rankOf(r.bucket.storageClass) > rankOf("Archive"):
		return nil, invalid("x-oss-target-redundancy-type", target, "The storage class of the bucket has LRS alone.")
	case len(r.bucket.transitions) > 0:
		return nil, transitionConflict()
	}
	task := redundancyTask{ID: strings.ToLower(strings.ReplaceAll(cloud.NewRequestID(), "-", "")), Created: now}
	r.bucket.transitions = append(slices.Clone(r.bucket.transitions), task)
	return xmlResponse(redundancyElement{TaskID: task.ID})
}

func transitionConflict() *apiError {
	return errorf("BucketDataRedundancyTransitionTaskStatusConflict", "The status of the redundancy transition task does not allow the operation.")
}

// transitionOf returns the place of the task that a request names.
func transitionOf(r *request) (int, *apiError) {
	id := r.query.Get("x-oss-redundancy-transition-taskid")
	i := slices.IndexFunc(r.bucket.transitions, func(t redundancyTask) bool { return t.ID == id })
	if i < 0 {
		return i, errorf("BucketDataRedundancyTransitionTaskNotExist", "The redundancy transition task does not exist.")
	}
	return i, nil
}

// getTransition describes a task (OSS API, GetBucketDataRedundancyTransition).
func (s *Service) getTransition(r *request) (*response, *apiError) {
	i, refused := transitionOf(r)
	if refused != nil {
		return nil, refused
	}
	return xmlResponse(r.bucket.transitions[i].element(r.bucket.name, s.cfg.Clock.Now()))
}

// listTransitions lists the tasks of a bucket (OSS API,
// ListBucketDataRedundancyTransition).
func (s *Service) listTransitions(r *request) (*response, *apiError) {
	var list redundancyTaskList
	for _, task := range r.bucket.transitions {
		list.Tasks = append(list.Tasks, task.element(r.bucket.name, s.cfg.Clock.Now()))
	}
	return xmlResponse(list)
}

// deleteTransition removes a task that does no work (OSS API,
// DeleteBucketDataRedundancyTransition).
func (s *Service) deleteTransition(r *request) (*response, *apiError) {
	i, refused := transitionOf(r)
	if refused != nil {
		return nil, refused
	}
	now := s.cfg.Clock.Now()
	if r.bucket.transitions[i].element(r.bucket.name, now).Status == "Processing" {
		return nil, transitionConflict()
	}
	r.bucket.redundancy = r.bucket.redundancyAt(now)
	r.bucket.transitions = slices.Delete(slices.Clone(r.bucket.transitions), i, i+1)
	return newResponse(http.StatusNoContent), nil
}
