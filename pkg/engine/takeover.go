package engine

import (
	"context"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// takeOver stamps this term's epoch into a record of another term, so that late
// writes of the other term are refused. If a call was open when its term ended,
// takeOver returns the time until which the call may still land; until then the
// record is only observed. Clocks differ, so the time counts from when this term
// first saw the call.
func (a *attempt) takeOver(ctx context.Context) (landsUntil time.Time, err error) {
	epoch := a.term.lease.Epoch
	if returned := a.term.memory.takeReturned(a.record.Key); returned || a.record.Epoch != 0 && a.record.Epoch != epoch {
		err := a.save(ctx, func(r *store.Record) {
			r.Epoch = epoch
			if c := r.Call; c != nil && c.Epoch != epoch {
				c.Seen, c.SeenBy = a.now, epoch
			}
			lifecycle.RestartClocks(r, a.now)
		})
		if err != nil {
			return time.Time{}, err
		}
	}
	c := a.record.Call
	if c == nil {
		return time.Time{}, nil
	}
	until := c.Until
	if c.Epoch != epoch {
		until = c.Seen.Add(time.Duration(c.Timeout) * time.Millisecond)
	} else if until.After(a.now) {
		until = a.now // this term's call has returned; storing its result failed
	}
	if until.After(a.now) {
		return until, nil
	}
	return time.Time{}, a.save(ctx, func(r *store.Record) {
		lifecycle.Unsettle(r, r.Call.Step, until)
		lifecycle.Note(r, a.now, r.Call.Step, "unknown", "")
		r.Call = nil
	})
}
