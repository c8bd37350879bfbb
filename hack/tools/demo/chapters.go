package main

import (
	"context"
	"fmt"
	"net/http"
)

// A script runs steps until one fails.
type script struct{ err error }

func (s *script) step(run func() error) {
	if s.err == nil {
		s.err = run()
	}
}

// database provisions, binds, uses, updates and removes a MySQL database.
func (w *walk) database(ctx context.Context, offered plans) error {
	id, small, large := "demo-db-"+w.run, offered.small, offered.large
	var first, second credentials
	var s script
	s.step(func() error {
		w.platform.chapter("A database")
		return w.provision(ctx, id, small)
	})
	s.step(func() (err error) {
		w.platform.chapter("Its first binding")
		if first, err = w.bind(ctx, id, "first", small); err != nil || !w.connect {
			return err
		}
		if _, err = w.client.run(ctx, mysql(first["uri"],
			"--exec", "CREATE TABLE greetings (id INT PRIMARY KEY, word VARCHAR(20))",
			"--exec", "INSERT INTO greetings VALUES (1, 'hello')")); err != nil {
			return fmt.Errorf("the credentials do not work: %w", err)
		}
		w.platform.successf("connected, made a table, inserted a row")
		return w.greets(ctx, first)
	})
	s.step(func() (err error) {
		w.platform.chapter("A second binding has an account of its own and sees the data")
		if second, err = w.bind(ctx, id, "second", small); err != nil {
			return err
		}
		if second["username"] == first["username"] {
			return fmt.Errorf("both bindings have the account %s", first["username"])
		}
		w.platform.successf("another account than %s", first["username"])
		return w.greets(ctx, second)
	})
	s.step(func() error {
		w.platform.chapter("Unbind the first: its login ends, and the second's works on")
		return w.unbind(ctx, id, "first", small)
	})
	s.step(func() error { return w.loginEnded(ctx, "the first login", first) })
	s.step(func() error { return w.greets(ctx, second) })
	s.step(func() error {
		w.platform.chapter("Update to a larger plan")
		body := fmt.Sprintf(`{"service_id": %q, "plan_id": %q, "previous_values": {"plan_id": %q}}`, large.service, large.id, small.id)
		return w.platform.do(ctx, http.MethodPatch, instancePath(id), async, body, http.StatusAccepted)
	})
	s.step(func() error { return w.greets(ctx, second) })
	s.step(func() error {
		w.platform.chapter("Unbind the second and remove the database")
		return w.unbind(ctx, id, "second", large)
	})
	s.step(func() error { return w.loginEnded(ctx, "the second login", second) })
	s.step(func() error { return w.deprovision(ctx, id, large) })
	s.step(func() error { return w.nothingLeft(ctx) })
	return s.err
}

// greets reads the row that the first binding wrote.
func (w *walk) greets(ctx context.Context, c credentials) error {
	if !w.connect {
		return nil
	}
	const query = "SELECT word FROM greetings WHERE id = 1"
	return w.gives(ctx, query, mysql(c["uri"], "--query", query), "hello")
}

// gives checks the output of a use.
func (w *walk) gives(ctx context.Context, name string, u use, want string) error {
	got, err := w.client.run(ctx, u)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if got != want {
		return fmt.Errorf("%s gives '%s', want '%s'", name, got, want)
	}
	w.platform.successf("%s gives '%s'", name, got)
	return nil
}

func (w *walk) loginEnded(ctx context.Context, name string, c credentials) error {
	if !w.connect {
		return nil
	}
	return w.refused(ctx, name, mysql(c["uri"]))
}

func (w *walk) refused(ctx context.Context, name string, u use) error {
	if err := w.client.refuses(ctx, u); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	w.platform.successf("%s is refused", name)
	return nil
}

// buckets provisions two buckets, uses one with its keys, and removes both.
func (w *walk) buckets(ctx context.Context, offered plans) error {
	store, other, p := "demo-store-"+w.run, "demo-other-"+w.run, offered.bucket
	const object = "greetings/hello.txt"
	var keys, others credentials
	in := func(c credentials, more ...string) []string {
		return append([]string{"--bucket", c["bucket"]}, more...)
	}
	var s script
	s.step(func() error {
		w.platform.chapter("A bucket, and another one")
		return w.provision(ctx, store, p)
	})
	s.step(func() error { return w.provision(ctx, other, p) })
	s.step(func() (err error) {
		w.platform.chapter("Bindings of both")
		others, err = w.bind(ctx, other, "binding", p)
		return err
	})
	s.step(func() (err error) {
		if keys, err = w.bind(ctx, store, "binding", p); err == nil && keys["bucket"] == others["bucket"] {
			err = fmt.Errorf("both instances have the bucket %s", keys["bucket"])
		}
		return err
	})
	s.step(func() error {
		w.platform.chapter("Use the first bucket with its keys, and nothing else")
		return w.gives(ctx, "put "+object, oss(keys, "put", "hello, bucket\n", in(keys, "--key", object)...), "")
	})
	s.step(func() error {
		return w.gives(ctx, "get "+object, oss(keys, "get", "", in(keys, "--key", object)...), "hello, bucket")
	})
	s.step(func() error { return w.gives(ctx, "list", oss(keys, "list", "", in(keys)...), object) })
	s.step(func() error {
		return w.refused(ctx, "reading the other bucket", oss(keys, "list", "", in(others)...))
	})
	s.step(func() error {
		return w.refused(ctx, "writing to the other bucket", oss(keys, "put", "x\n", in(others, "--key", "x")...))
	})
	s.step(func() error {
		return w.refused(ctx, "deleting the own bucket", oss(keys, "delete-bucket", "", in(keys)...))
	})
	s.step(func() error {
		w.platform.chapter("Unbind: the keys end")
		return w.unbind(ctx, store, "binding", p)
	})
	s.step(func() error {
		return w.refused(ctx, "the old key", oss(keys, "get", "", in(keys, "--key", object)...))
	})
	s.step(func() (err error) {
		w.platform.chapter("A new binding sees the object, and removes it")
		keys, err = w.bind(ctx, store, "again", p)
		return err
	})
	s.step(func() error {
		return w.gives(ctx, "delete "+object, oss(keys, "delete", "", in(keys, "--key", object)...), "")
	})
	s.step(func() error { return w.gives(ctx, "list", oss(keys, "list", "", in(keys)...), "") })
	s.step(func() error {
		w.platform.chapter("Remove the buckets; the binding that is left goes with its instance")
		return w.unbind(ctx, store, "again", p)
	})
	s.step(func() error { return w.deprovision(ctx, store, p) })
	s.step(func() error { return w.deprovision(ctx, other, p) })
	s.step(func() error { return w.nothingLeft(ctx) })
	return s.err
}
