package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// BenchmarkProcess starts the program as a process on a store of many records. It
// measures the time until it is ready, and its memory (RssAnon) then and after a
// poll of every record.
func BenchmarkProcess(b *testing.B) {
	program := filepath.Join(b.TempDir(), "broker")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-buildvcs=false", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	for _, records := range []int{0, 100_000} {
		b.Run(fmt.Sprint(records, "-records"), func(b *testing.B) {
			dir := b.TempDir()
			if records > 0 {
				fillFile(b, dir, records)
			}
			var ready time.Duration
			var idle, used float64
			for b.Loop() {
				p := startProcess(b, program, dir)
				ready += p.ready
				idle += p.memory()
				for i := range records {
					p.poll(i)
				}
				used += p.memory()
				p.stop()
			}
			b.ReportMetric(ready.Seconds()*1000/float64(b.N), "ready-ms")
			b.ReportMetric(idle/float64(b.N), "idle-MB")
			b.ReportMetric(used/float64(b.N), "used-MB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// A started is a running process of the program.
type started struct {
	b      *testing.B
	cmd    *exec.Cmd
	listen string
	client *http.Client
	ready  time.Duration
}

func startProcess(b *testing.B, program, dir string) *started {
	b.Helper()
	p := &started{b: b, listen: freeAddress(b), client: &http.Client{}}
	ops := freeAddress(b)
	p.cmd = exec.CommandContext(context.WithoutCancel(b.Context()), program, "--broker-id", "b", "--region", "cn-hangzhou", "--data-dir", dir,
		"--listen", p.listen, "--ops-listen", ops, "--metrics-listen", "127.0.0.1:0", "--drain-delay", "0")
	p.cmd.Env = []string{"BROKER_USERNAME=platform", "BROKER_PASSWORD=secret"}
	var log bytes.Buffer
	p.cmd.Stderr = &log
	begin := time.Now()
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	for {
		response, err := p.client.Get("http://" + ops + "/readyz")
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				break
			}
		}
		if time.Since(begin) > time.Minute {
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
			b.Fatalf("never ready:\n%s", log.Bytes())
		}
		<-time.After(time.Millisecond)
	}
	p.ready = time.Since(begin)
	<-time.After(2 * time.Second) // for the garbage of the start
	return p
}

// memory returns RssAnon in MB, the memory that the kernel must keep.
func (p *started) memory() float64 {
	p.b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.b.Fatal(err)
	}
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte("RssAnon:")); ok {
			kilobytes, err := strconv.Atoi(string(bytes.Fields(rest)[0]))
			if err != nil {
				p.b.Fatal(err)
			}
			return float64(kilobytes) / 1024
		}
	}
	p.b.Fatal("/proc has no RssAnon")
	return 0
}

func (p *started) poll(instance int) {
	p.b.Helper()
	url := "http://" + p.listen + "/v2/service_instances/" + benchID(instance) + "/last_operation?operation=" + benchOperation
	r, err := http.NewRequestWithContext(p.b.Context(), http.MethodGet, url, nil)
	if err != nil {
		p.b.Fatal(err)
	}
	r.SetBasicAuth("platform", "secret")
	r.Header.Set("X-Broker-API-Version", "2.17")
	response, err := p.client.Do(r)
	if err != nil {
		p.b.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		p.b.Fatalf("poll answers %d", response.StatusCode)
	}
}

func (p *started) stop() {
	p.b.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.b.Fatal(err)
	}
	_ = p.cmd.Wait()
}
