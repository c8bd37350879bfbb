package alicloud

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

func TestClassify_ErrorsOfTheOSSSDK_HaveReasons(t *testing.T) {
	known, err := register(testProducts())
	if err != nil {
		t.Fatal(err)
	}
	op := Op{Product: "Oss", Action: "PutBucket", Access: Write, Secrets: []string{testSecret}}
	cases := map[string]struct {
		err  error
		want error
	}{
		"NotFound":  {&oss.ServiceError{Code: "NoSuchBucket", StatusCode: 404}, providers.ErrNotFound},
		"Exists":    {&oss.ServiceError{Code: "BucketAlreadyExists", StatusCode: 409}, providers.ErrExists},
		"Denied":    {&oss.ServiceError{Code: "AccessDenied", StatusCode: 403}, providers.ErrDenied},
		"Key":       {&oss.ServiceError{Code: "InvalidAccessKeyId", StatusCode: 403}, providers.ErrCredentials},
		"Internal":  {&oss.ServiceError{Code: "InternalError", StatusCode: 500}, providers.ErrOutcomeUnknown},
		"Busy":      {&oss.ServiceError{Code: "ServiceBusy", StatusCode: 503}, providers.ErrOutcomeUnknown},
		"Cause":     {&oss.ServiceError{Code: "NoSuchBucket", EC: "0002-00000226", StatusCode: 400}, providers.ErrDenied},
		"NoCause":   {&oss.ServiceError{Code: "NoSuchBucket", EC: "0015-00000101", StatusCode: 404}, providers.ErrNotFound},
		"New":       {&oss.ServiceError{Code: "BrandNew", StatusCode: 400}, providers.ErrUnexplained},
		"Page":      {&oss.ServiceError{Code: noCode, StatusCode: 403}, nil},
		"Network":   {&url.Error{Op: "Put", URL: "http://h/?x-oss-signature=" + testSecret, Err: errors.New("EOF")}, providers.ErrOutcomeUnknown},
		"NotSent":   {&url.Error{Op: "Put", URL: "http://h/", Err: &notSentError{errors.New("refused")}}, nil},
		"Deadline":  {&url.Error{Op: "Put", URL: "http://h/", Err: context.DeadlineExceeded}, context.DeadlineExceeded},
		"Known":     {&Error{Reasons: []error{providers.ErrQuota}}, providers.ErrQuota},
		"KnownDeep": {fmt.Errorf("credentials: %w", credentialsError("Files", "x", nil)), providers.ErrCredentials},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			err := known.classify(op, fmt.Errorf("operation error: %w", tc.err))
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%T", err)
			}
			if tc.want == nil && len(e.Reasons) > 0 || tc.want != nil && !errors.Is(err, tc.want) {
				t.Errorf("reasons = %v, want %v", e.Reasons, tc.want)
			}
			if strings.Contains(err.Error(), testSecret) || strings.Contains(err.Error(), "http://") {
				t.Errorf("error = %q", err)
			}
		})
	}
	if known.classify(op, nil) != nil {
		t.Error("nil became an error")
	}
}

func TestProduct_Reason_OwnCodesAndFamiliesBeforeSharedOnes(t *testing.T) {
	p := Product{Codes: map[string]error{
		"A.B": providers.ErrNotFound, "A.*": providers.ErrExists, "NoPermission": providers.ErrQuota, "Plain": providers.ErrSoldOut,
	}}
	for code, want := range map[string]error{
		"A.B": providers.ErrNotFound, "A.C": providers.ErrExists, "A.B.C": providers.ErrExists, "A": nil,
		"NoPermission": providers.ErrQuota, "NoPermission.X": providers.ErrDenied, "Forbidden.RAM": providers.ErrDenied,
		"Plain": providers.ErrSoldOut, "Plain.X": nil, "Rejected.Throttling": providers.ErrThrottled, "": nil,
	} {
		if got := p.Reason(code); got != want { //nolint:errorlint // the codes hold the reasons themselves
			t.Errorf("the reason of %q is %v, want %v", code, got, want)
		}
	}
}

func TestNew_ProductWithoutNameOrHost_Refused(t *testing.T) {
	for name, p := range map[string]Product{
		"NoName": {Host: CentralHost("x")}, "UpperCase": {Name: "Rds", Host: CentralHost("rds")}, "NoHost": {Name: "rds"},
	} {
		if _, err := New(Config{Region: "cn-hangzhou", Credentials: testKey()}, p); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// Such an answer refuses this request, and says that one of the same token is still
// at work: perhaps a lost one.
func TestClassify_EarlierAttempt_IsBusyAndUnknown(t *testing.T) {
	for _, code := range []string{"InvalidConcurrentOperate", "LastTokenProcessing"} {
		f := newFront(t, reply(400, `{"Code":"`+code+`","Message":"m","RequestId":"R-1"}`))
		c := clientsOf(t, f, testKey())
		for access, err := range map[Access]error{Write: createAccount(t, c), Read: describe(t, c)} {
			if !errors.Is(err, providers.ErrWrongState) || errors.Is(err, providers.ErrOutcomeUnknown) != (access == Write) {
				t.Errorf("%s of a call with access %v = %v; want providers.ErrWrongState, and providers.ErrOutcomeUnknown of writes", code, access, err)
			}
			if text := providers.Sentence(err); text != providers.Sentence(&Error{Reasons: []error{providers.ErrWrongState}}) {
				t.Errorf("%s is told as %q", code, text)
			}
		}
	}
}

// A 4xx with a code that no table knows is unexplained, of reads and writes;
// time-outs, throttling and pages of gateways without a code are retried.
func TestClassify_UnknownRefusal_IsUnexplained(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		body   string
		want   providers.Class
	}{
		"New400":     {400, `{"Code":"BrandNew.Code","Message":"m","RequestId":"R-1"}`, providers.Unexplained},
		"New403":     {403, `{"Code":"BrandNew","Message":"m","RequestId":"R-1"}`, providers.Unexplained},
		"New409":     {409, `{"Code":"BrandNew","Message":"m","RequestId":"R-1"}`, providers.Unexplained},
		"Known":      {400, `{"Code":"InvalidParameter","Message":"m","RequestId":"R-1"}`, providers.User},
		"Timeout":    {408, `{"Code":"BrandNew","Message":"m","RequestId":"R-1"}`, providers.Transient},
		"TooMany":    {429, `{"Code":"BrandNew","Message":"m","RequestId":"R-1"}`, providers.Transient},
		"Page":       {403, `<html>The gateway refuses.</html>`, providers.Transient},
		"PageInJSON": {404, `{"message":"no route"}`, providers.Transient},
		"Empty":      {400, ``, providers.Transient},
		"New500":     {500, `{"Code":"BrandNew","Message":"m","RequestId":"R-1"}`, providers.Transient},
	} {
		t.Run(name, func(t *testing.T) {
			c := clientsOf(t, newFront(t, reply(tc.status, tc.body)), testKey())
			for access, err := range map[Access]error{Write: createAccount(t, c), Read: describe(t, c)} {
				if got := providers.ClassOf(err); got != tc.want {
					t.Errorf("a call with access %v = %v, of class %s, want %s", access, err, got, tc.want)
				}
				if strings.Contains(providers.Sentence(err), "BrandNew") {
					t.Errorf("users are told %q", providers.Sentence(err))
				}
				if tc.want == providers.Unexplained && (providers.IsOutcomeUnknown(err) || resultOf(err) != "unexplained" || !strings.Contains(err.Error(), "BrandNew")) {
					t.Errorf("it is counted as %s, unknown %t, and logged as %v", resultOf(err), providers.IsOutcomeUnknown(err), err)
				}
			}
		})
	}
	// Refused credentials of another call stay the operator's.
	if got := providers.ClassOf(credentialsError("AssumeRole", "x", &Error{Code: "BrandNew", Reasons: []error{providers.ErrUnexplained}})); got != providers.Operator {
		t.Errorf("refused credentials are of class %s", got)
	}
}

func TestSentences_Of_AddsOnlyTheSentence(t *testing.T) {
	sentences := Sentences{"InvalidColour.*": "family", "InvalidColour.Red": "code", "Taste": "plain"}
	for code, want := range map[string]string{
		"InvalidColour.Red": "code", "InvalidColour.Blue": "family", "Taste": "plain",
		"InvalidColour": "family", "Taste.Sour": "", "": "", "Whatever": "",
	} {
		cause := &Error{Product: "Rds", Code: code, Reasons: []error{providers.ErrSoldOut}}
		bare := fmt.Errorf("rds: create: %w", cause)
		err := sentences.Of(bare)
		if want == "" {
			want = providers.Sentence(bare)
		}
		var e *Error
		if got := providers.Sentence(fmt.Errorf("again: %w", err)); got != want || err.Error() != bare.Error() || !errors.Is(err, providers.ErrSoldOut) || !errors.As(err, &e) || e != cause {
			t.Errorf("%s is told as %q, want %q; it is %v", code, got, want, err)
		}
	}
	if other := context.Canceled; sentences.Of(nil) != nil || !errors.Is(sentences.Of(other), other) {
		t.Error("nil or an error of no cloud became another")
	}
}

func TestSentence_EveryReason_NamesWhoCanFixIt(t *testing.T) {
	const operator = "operator"
	for name, tc := range map[string]struct {
		err  error
		want string // a word of it
	}{
		"SoldOut":     {&Error{Code: "InsufficientResourceCapacity", Reasons: []error{providers.ErrSoldOut}}, "plan"},
		"Told":        {providers.WithSentence(&Error{Code: "Whatever", Reasons: []error{providers.ErrInvalid}}, "choose another Colour"), "Colour"},
		"Denied":      {&Error{Code: "Forbidden.RAM", Reasons: []error{providers.ErrDenied}}, operator},
		"Credentials": {&Error{Reasons: []error{providers.ErrCredentials, providers.ErrDenied}}, operator},
		"Arrears":     {&Error{Reasons: []error{providers.ErrArrears}}, operator},
		"Clock":       {credentialsError("AssumeRole", "x", &Error{Reasons: []error{providers.ErrClock}}), "clock"},
		"Endpoint":    {&Error{Reasons: []error{providers.ErrPublicEndpoint}}, operator},
		"Unreachable": {&Error{Reasons: []error{providers.ErrUnreachable}}, operator},
		"Quota":       {&Error{Reasons: []error{providers.ErrQuota}}, operator},
		"Unexplained": {&Error{Code: "Whatever", Reasons: []error{providers.ErrUnexplained}}, operator},
		"Unknown":     {&Error{Code: "Whatever", RequestID: "R-1", Detail: "detail"}, "broker"},
		"Foreign":     {errors.New("secret detail"), "broker"},
	} {
		t.Run(name, func(t *testing.T) {
			got := providers.Sentence(fmt.Errorf("rds: create: %w", tc.err))
			if !strings.Contains(got, tc.want) {
				t.Errorf("%q has no %q", got, tc.want)
			}
			for _, hidden := range []string{"R-1", "detail", "Whatever", "rds: create"} {
				if strings.Contains(got, hidden) {
					t.Errorf("%q shows %q", got, hidden)
				}
			}
		})
	}
}
