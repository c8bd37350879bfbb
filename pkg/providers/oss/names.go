package oss

import (
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Names in the cloud hold 130 bits of the hash of a life. They are 30
// characters of [a-z2-7-], which is a bucket name (OSS API, PutBucket: 3 to 63
// lower-case letters, digits and hyphens) and a name of RAM users (1 to 64)
// and policies (1 to 128 letters, digits and hyphens).
const (
	namePrefix = "osb-"
	nameHash   = 26
)

func bucketName(l providers.Life) string { return namePrefix + l.Hash(nameHash, "oss-bucket") }
func userName(l providers.Life) string   { return namePrefix + l.Hash(nameHash, "ram-user") }
func policyName(l providers.Life) string { return namePrefix + l.Hash(nameHash, "ram-policy") }

// retainedTag marks a bucket that a deleted instance left to its owner.
func retainedTag() providers.Tag { return providers.Tag{Key: "osb-retained", Value: "true"} }

// maxMark is how long the Comments of a user may be (RAM API, CreateUser). A
// policy's Description may be longer.
const maxMark = 128

// mark is what the Comments of a RAM user, or the Description of a policy, say
// of whose it is.
func mark(l providers.Life) string {
	text := incarnationMark(l) + " " + providers.TagBroker + "=" + l.BrokerID
	if len(text) > maxMark {
		text = strings.ToValidUTF8(text[:maxMark], "")
	}
	return text
}

func incarnationMark(l providers.Life) string {
	return providers.TagIncarnation + "=" + l.Incarnation
}

// isMarked says whether Comments or a Description carry the mark, whatever
// people have added to it.
func isMarked(text string, l providers.Life) bool {
	return strings.Contains(text, incarnationMark(l))
}
