package rpc

import (
	"encoding/json"
	"reflect"
	"strings"
)

// Marshal writes an answer, or a part of one, as the cloud does: a list without
// elements is [], an object or map without members {}, and null does not occur.
// Clients take elements out of lists and members out of objects without a look.
func Marshal(v any) ([]byte, error) {
	if v == nil {
		return []byte("{}"), nil
	}
	copied := reflect.New(reflect.TypeOf(v)).Elem()
	copied.Set(reflect.ValueOf(v))
	fill(copied)
	return marshal(copied.Interface())
}

// fill gives each nil list, map and object in v its empty value. It replaces
// what it changes by a copy: an answer may share lists with the product's state.
// Members that are left out when empty stay nil.
func fill(v reflect.Value) {
	if marshalsItself(v.Type()) {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for field, value := range v.Fields() {
			if value.CanSet() || field.Anonymous {
				fillField(field, value)
			}
		}
	case reflect.Slice:
		fillSlice(v)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Map:
		fillMap(v)
	case reflect.Pointer:
		copied := reflect.New(v.Type().Elem())
		if !v.IsNil() {
			copied.Elem().Set(v.Elem())
		}
		fill(copied.Elem())
		v.Set(copied)
	case reflect.Interface:
		if v.IsNil() {
			if v.NumMethod() == 0 {
				v.Set(reflect.ValueOf(struct{}{}))
			}
			return
		}
		copied := reflect.New(v.Elem().Type()).Elem()
		copied.Set(v.Elem())
		fill(copied)
		v.Set(copied)
	default: // scalars have no nil that JSON shows
	}
}

func fillField(field reflect.StructField, value reflect.Value) {
	name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
	if name == "-" || strings.Contains(options, "omit") && value.IsZero() {
		return
	}
	if field.Anonymous && value.Kind() == reflect.Pointer && value.IsNil() {
		return // its members are absent
	}
	if value.CanSet() || value.Kind() == reflect.Struct {
		fill(value)
	}
}

func fillSlice(v reflect.Value) {
	if v.IsNil() {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	}
	if v.Len() == 0 || isScalar(v.Type().Elem().Kind()) {
		return
	}
	copied := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	reflect.Copy(copied, v)
	for i := range copied.Len() {
		fill(copied.Index(i))
	}
	v.Set(copied)
}

func fillMap(v reflect.Value) {
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	if v.Len() == 0 || isScalar(v.Type().Elem().Kind()) {
		return
	}
	copied := reflect.MakeMapWithSize(v.Type(), v.Len())
	for name, member := range v.Seq2() {
		value := reflect.New(v.Type().Elem()).Elem()
		value.Set(member)
		fill(value)
		copied.SetMapIndex(name, value)
	}
	v.Set(copied)
}

func isScalar(k reflect.Kind) bool { return k <= reflect.Complex128 || k == reflect.String }

// marshalsItself reports whether a type has an encoding of its own, such as
// json.RawMessage.
func marshalsItself(t reflect.Type) bool {
	marshaler := reflect.TypeFor[json.Marshaler]()
	return t.Kind() != reflect.Interface && (t.Implements(marshaler) || reflect.PointerTo(t).Implements(marshaler))
}
