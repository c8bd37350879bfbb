// Package operator has the types that the operator API and its client exchange.
// Package server serves the API on the broker's second port, package client
// calls it and prints the answers.
package operator

// Root is the prefix of every path of the operator API.
const Root = "/operator/v1/"

// A Failure is the body of an error answer, and the last line of an answer in
// lines that failed halfway.
type Failure struct {
	Code        string `json:"error"`
	Description string `json:"description"`
}

// Counts are the numbers of instances and bindings that have, or may have,
// resources in the cloud.
type Counts struct {
	Instances  int `json:"instances"`
	Bindings   int `json:"bindings"`
	Unreadable int `json:"unreadable"` // damaged, or of a newer broker
	// Gone are records of deleted resources; they answer late polls.
	Gone int `json:"gone"`
	// First are the ids of a few of the instances.
	First []string `json:"first,omitempty"`
}
