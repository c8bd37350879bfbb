package lifecycle

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// NameBodies makes r name the bodies of its specs, and no others. Their keys come
// from r, or from fresh, both by digest. During an update r names the bodies of
// both specs; at its end, the ones of the spec that is left.
func NameBodies(r *store.Record, fresh map[string]store.Sealed) {
	var named map[string]store.Sealed
	for _, spec := range []*store.Spec{r.Want, r.Have} {
		if spec == nil {
			continue
		}
		for _, digest := range spec.Bodies {
			key, ok := fresh[digest]
			if !ok {
				key, ok = r.Bodies[digest]
			}
			if !ok {
				continue
			}
			if named == nil {
				named = map[string]store.Sealed{}
			}
			named[digest] = key
		}
	}
	r.Bodies = named
}

// forgetBodies drops all bodies of r.
func forgetBodies(r *store.Record) {
	r.Bodies = nil
	for _, spec := range []*store.Spec{r.Want, r.Have} {
		if spec != nil {
			spec.Bodies = nil
		}
	}
}
