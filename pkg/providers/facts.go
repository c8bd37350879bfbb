package providers

// Names of the open fact that is the id of an instance's resource in the cloud,
// as its owner finds it there. A provider keeps the id under one of them, and
// platforms are shown it under the same name (metadata.attributes, PROV-16).
// Records keep facts for as long as there is an instance: a name that was used
// once stays.
const (
	FactInstanceID = "instance_id" // of a server
	FactBucket     = "bucket"      // name of a bucket
)

// ResourceFacts returns all of these names.
func ResourceFacts() []string { return []string{FactInstanceID, FactBucket} }
