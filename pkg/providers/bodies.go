package providers

import "context"

// A BodyPlanner is a provider whose plans need values that are too large for a
// record, such as templates and manifests.
type BodyPlanner interface {
	Provider
	// PlanBodies returns the large values of a plan that Prepare returned, by
	// name. It is pure, and gets the task that Prepare got. The values, each smaller
	// than 768 KiB, are stored before the record, sealed; Observe and Do read
	// them by name with Task.Body. A *Failure of kind Invalid is the user's (400).
	PlanBodies(t Task, p Plan) (map[string][]byte, error)
}

// A BodyReader returns a large value of a task's plan by the name that PlanBodies
// gave it. The error is Unreadable where the plan has no such value.
type BodyReader func(ctx context.Context, name string) ([]byte, error)
