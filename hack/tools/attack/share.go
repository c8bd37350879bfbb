package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	greedy     = 300              // provisions of one tenant
	othersTime = 10 * time.Second // for a bucket of another tenant
)

// attackShare has one tenant send provisions with a key that no request to the
// cloud can carry, while another makes a bucket.
func attackShare(ctx context.Context, l *lab) error {
	s, err := l.start(ctx, setup{cloud: true})
	if err != nil {
		return err
	}
	defer s.close()
	attack, end := context.WithTimeout(ctx, othersTime+startTime)
	defer end()
	client := &http.Client{Transport: transport("", false)} // a provision waits for its operation
	var mu sync.Mutex
	answers := map[int]int{}
	var all sync.WaitGroup
	for i := range greedy {
		all.Go(func() {
			body := put(ossService, ossPlan, "greedy", map[string]any{"parameters": map[string]string{"AccessKeyId": "a\r\nb", "AccessKeySecret": "secret"}})
			found, _, _ := send(attack, client, http.MethodPut, s.instance(fmt.Sprint("greedy-", i)), strings.NewReader(body), asPlatform)
			mu.Lock()
			defer mu.Unlock()
			answers[found]++
		})
	}
	pause(ctx, 2*time.Second)
	begin := time.Now()
	found, answer, err := send(attack, client, http.MethodPut, s.instance("modest"), strings.NewReader(put(ossService, ossPlan, "modest", nil)), asPlatform)
	took := time.Since(begin)
	end()
	all.Wait()
	l.holds(fmt.Sprintf("%d keys with a line break are refused with 400", greedy), fmt.Sprint(answers), answers[http.StatusBadRequest] == greedy)
	l.holds("another tenant's bucket is made meanwhile", fmt.Sprintf("status %d %.60s %v", found, answer, err), found == http.StatusCreated)
	l.atMost("time for it", took.Seconds(), othersTime.Seconds(), "s")
	return nil
}
