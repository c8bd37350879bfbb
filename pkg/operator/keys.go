package operator

import "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"

// KeyList are the sealing keys, oldest first, with their uses.
type KeyList struct {
	Keys []KeyUse `json:"keys"`
	// Records is the number of records read; the keys of Unknown records are unknown.
	Records int `json:"records"`
	Unknown int `json:"unknown,omitempty"`
	// Boxless counts records without a box of their own, and BoxesRequired means
	// that such a record would be altered. Altered counts the records that were
	// changed outside of the broker; FirstAltered are a few of them.
	Boxless       int          `json:"boxless,omitempty"`
	BoxesRequired bool         `json:"boxes_required,omitempty"`
	Altered       int          `json:"altered,omitempty"`
	FirstAltered  []Unresealed `json:"first_altered,omitempty"`
	// Problem is the error of the last reading of the keyset; Keys are then the keys in memory.
	Problem string `json:"problem,omitempty"`
}

// A KeyUse is a key with the number of records that need it.
type KeyUse struct {
	sealed.Key

	Records int `json:"records"`
}

// Progress is a report of a reseal; the last one has Done.
type Progress struct {
	sealed.Resealed

	Done bool         `json:"done,omitempty"`
	Left []Unresealed `json:"left,omitempty"` // the first few failed records
}

// An Unresealed is a record that keeps its old key, or is altered.
type Unresealed struct {
	Name

	Why string `json:"why"`
}
