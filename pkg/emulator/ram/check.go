package ram

import (
	"net/http"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// checkName checks that a name has 1 to limit characters: letters, digits and
// the ones in also (RAM API, error codes InvalidParameter.X.Length and
// .InvalidChars).
func checkName(parameter, name string, limit int, also string) *rpc.Error {
	if name == "" || len(name) > limit {
		return rpc.Errorf(http.StatusBadRequest, "InvalidParameter."+parameter+".Length", "The parameter %q must have 1 to %d characters.", parameter, limit)
	}
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune(also, c) {
			return rpc.Errorf(http.StatusBadRequest, "InvalidParameter."+parameter+".InvalidChars", "The parameter %q holds an invalid character.", parameter)
		}
	}
	return nil
}

// checkLength checks that a text has at most limit characters.
func checkLength(parameter, text string, limit int) *rpc.Error {
	if utf8.RuneCountInString(text) > limit {
		return rpc.Errorf(http.StatusBadRequest, "InvalidParameter."+parameter+".Length", "The parameter %q must have at most %d characters.", parameter, limit)
	}
	return nil
}

func firstError(errs ...*rpc.Error) *rpc.Error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// A page is the part of an answer that points to the next page.
type page struct {
	IsTruncated bool   `json:"IsTruncated"`
	Marker      string `json:"Marker,omitempty"`
}

// pageOf returns the page of sorted names that Marker and MaxItems request. The
// marker is the first name of the next page; to clients it is opaque.
func pageOf(req *rpc.Request, names []string) ([]string, page, *rpc.Error) {
	size, err := req.Int("MaxItems", defaultPageSize)
	if err != nil {
		return nil, page{}, err
	}
	if size < 1 || size > maxPageSize {
		return nil, page{}, rpc.Errorf(http.StatusBadRequest, "InvalidParameter.MaxItems", "The parameter %q must be between 1 and %d.", "MaxItems", maxPageSize)
	}
	names = names[sort.SearchStrings(names, req.Get("Marker")):]
	if len(names) <= size {
		return names, page{}, nil
	}
	return names[:size], page{IsTruncated: true, Marker: names[size]}, nil
}
