package alicloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The words that a Vicinity is made of, beside ids of regions.
const (
	VicinityAuto     = "auto"
	VicinityPublic   = "public"
	VicinityInternal = "internal"
)

// A Vicinity tells the regions whose internal endpoints the broker's machine reaches.
// It is safe for concurrent use. A nil Vicinity reaches none.
type Vicinity struct {
	word     string
	regions  []string // with an empty word
	metadata *Metadata
	client   *http.Client
	answers  *Memo[bool] // of internal endpoints
	report   func(endpoint *url.URL, err error)
}

const (
	vicinityKeep    = 10 * time.Minute // an endpoint counts as reached or not for so long
	vicinityTimeout = 3 * time.Second  // of one look at an endpoint
)

// NewVicinity returns a Vicinity by a word: VicinityAuto asks the metadata service for the
// machine's region, and its internal endpoint for an answer; VicinityInternal says that the
// machine is in the region that requests name; VicinityPublic reaches none; ids of
// regions, separated by commas, are the reached ones.
func NewVicinity(word string, metadata *Metadata) (*Vicinity, error) {
	v := &Vicinity{
		word: word, metadata: metadata, answers: NewMemo[bool](vicinityKeep, nil),
		report: func(*url.URL, error) {},
		client: &http.Client{Transport: strictTransport{newTransport()}, Timeout: vicinityTimeout},
	}
	switch word {
	case VicinityAuto, VicinityPublic, VicinityInternal:
		return v, nil
	}
	v.word = ""
	for region := range strings.SplitSeq(word, ",") {
		if region = strings.TrimSpace(region); !IsRegion(region) {
			return nil, fmt.Errorf("%q is neither %s, %s, %s nor a list of regions such as cn-hangzhou,cn-beijing", word, VicinityAuto, VicinityInternal, VicinityPublic)
		}
		v.regions = append(v.regions, region)
	}
	return v, nil
}

// Report sets the function that is told of each look at the internal endpoint of the
// machine's region: it is called from then on if err is nil. It returns v.
func (v *Vicinity) Report(told func(endpoint *url.URL, err error)) *Vicinity {
	v.report = told
	return v
}

// A Place is an internal endpoint.
type Place struct {
	Region   string   // of the endpoint
	Home     string   // the region that the caller's clients name
	Internal *url.URL // the endpoint
}

// Reaches reports whether to call the internal endpoint of a place.
func (v *Vicinity) Reaches(ctx context.Context, p Place) bool {
	if v == nil {
		return false
	}
	switch v.word {
	case VicinityPublic:
		return false
	case VicinityInternal:
		return p.Region == p.Home
	case VicinityAuto:
		return v.isNear(ctx, p)
	}
	return slices.Contains(v.regions, p.Region)
}

// isNear asks where the machine is, and whether the endpoint answers: a machine in the
// region can be kept from it, by a network policy for one. The answer holds for a while,
// also that there is no metadata service.
func (v *Vicinity) isNear(ctx context.Context, p Place) bool {
	if v.metadata == nil {
		return false
	}
	isNear, err := v.answers.Get(ctx, p.Region, func(ctx context.Context) (bool, error) {
		region, _ := v.metadata.Region(ctx) // "" where nothing tells it
		if err := ctx.Err(); err != nil || region != p.Region {
			return false, err
		}
		silent := v.look(ctx, p.Internal)
		v.report(p.Internal, silent)
		return silent == nil, nil
	})
	return err == nil && isNear
}

// look asks for any answer over HTTP. Its error is for the log.
func (v *Vicinity) look(ctx context.Context, at *url.URL) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, at.String()+"/", nil)
	if err != nil {
		return err
	}
	resp, err := v.client.Do(req)
	if err != nil {
		return errors.New(redact(withoutURL(err), nil))
	}
	return resp.Body.Close()
}
