package rds

import (
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// taskTime is the form of the times of a task (RDS API, DescribeTasks).
const taskTime = "2006-01-02T15:04Z"

// describeTasks lists the tasks of an instance between two times. The emulator has
// none: what it changes shows in the instance's state.
func (s *Service) describeTasks(r *rpc.Request) (any, *rpc.Error) {
	for _, name := range []string{"StartTime", "EndTime"} {
		if text := r.Get(name); text != "" {
			if _, err := time.Parse(taskTime, text); err != nil {
				return nil, malformed(name)
			}
		}
	}
	tasks, number, fail := innerPage(r, []struct{}{}, defaultPage, 100)
	if fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, fail := s.find(r, unknownID()); fail != nil {
		return nil, fail
	}
	var answer struct {
		Items struct {
			TaskProgressInfo []struct{}
		}
		PageNumber, PageRecordCount, TotalRecordCount int
	}
	answer.Items.TaskProgressInfo, answer.PageNumber = tasks, number
	return answer, nil
}
