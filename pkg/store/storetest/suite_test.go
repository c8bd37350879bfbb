package storetest

import (
	"reflect"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Members that fill leaves out would be untested in every store.
func TestFill_EmptyRecord_SetsAllButSecrets(t *testing.T) {
	r := store.Record{Key: binding("i", "b")}
	fill(&r)
	theStores := map[string]bool{"Record.Schema": true, "Record.Revision": true, "Record.Authentication": true}
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		switch secret := isSecret(v.Type()); {
		case theStores[path]:
		case v.IsZero() != secret:
			t.Errorf("%s: set is %t; all is to be set but what is secret, and what the store itself sets", path, !v.IsZero())
		case secret:
		case v.Kind() == reflect.Pointer:
			walk(path, v.Elem())
		case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
			walk(path, v.Index(0))
		case v.Kind() == reflect.Struct && v.Type().PkgPath() == reflect.TypeFor[store.Record]().PkgPath():
			for i := range v.NumField() {
				walk(path+"."+v.Type().Field(i).Name, v.Field(i))
			}
		}
	}
	walk("Record", reflect.ValueOf(r))
}

// isSecret reports whether values of a type are secrets, alone or in a map.
func isSecret(t reflect.Type) bool {
	return t == reflect.TypeFor[store.Sealed]() || t == reflect.TypeFor[map[string]store.Sealed]()
}
