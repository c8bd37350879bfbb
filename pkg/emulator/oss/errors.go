package oss

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// An apiError is a refusal (OSS API, "Error responses").
type apiError struct {
	status  int
	code    string
	message string
	details []detail
	header  http.Header // sent with the error; may be nil
	ec      string      // the exact cause, as OSS numbers them; may be empty
	unknown string      // for a 501: the name of the missing feature
}

// A detail is an element that some errors have besides code and message.
type detail struct{ name, value string }

// Error implements error.
func (e *apiError) Error() string { return fmt.Sprintf("%s: %s (%d)", e.code, e.message, e.status) }

func errorf(code, format string, args ...any) *apiError {
	return &apiError{status: statusOf(code), code: code, message: fmt.Sprintf(format, args...), ec: causeOf(code)}
}

// invalid is InvalidArgument for an argument's value.
func invalid(name, value, why string) *apiError {
	return errorf("InvalidArgument", "%s", why).with("ArgumentName", name).with("ArgumentValue", value)
}

// unsupported answers 501 to a request for a feature that the emulator lacks.
func unsupported(what string) *apiError {
	e := errorf("NotImplemented", "The emulator does not know %s.", what)
	e.unknown = what
	return e
}

// with adds an element to the error's body.
func (e *apiError) with(name, value string) *apiError {
	e.details = append(e.details, detail{name, value})
	return e
}

// cause adds the number of the exact cause (OSS documentation, "EC error codes").
func (e *apiError) cause(ec string) *apiError {
	e.ec = ec
	return e
}

// causeOf is the number of the cause of an error code that has one cause here. Other
// codes have several, of which the sources name few (A203).
func causeOf(code string) string {
	switch code {
	case "BucketAlreadyExists":
		return "0015-00000104"
	case "BucketNotEmpty":
		return "0015-00000301"
	case "InvalidAccessKeyId":
		return "0002-00000902"
	case "InvalidTargetType":
		return "0026-00000011"
	case "NoSuchBucket":
		return "0015-00000101"
	case "NoSuchKey":
		return "0026-00000001"
	case "RequestTimeTooSkewed":
		return "0002-00000504"
	case "ResourceGroupIdPreCheckError":
		return "0039-00000003"
	case "SignatureDoesNotMatch":
		return "0002-00000040"
	case "UserDisable":
		return "0003-00000801"
	}
	return ""
}

// statusOf is the HTTP status that belongs to an error code (OSS API, "Error
// codes").
func statusOf(code string) int {
	switch code {
	case "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "SecurityTokenExpired",
		"InvalidSecurityToken", "SecondLevelDomainForbidden", "AccessKeyIdAndSecurityTokenNotMatch", "UserDisable", "InDebt", "AccessForbidden", "WORMConfigurationLocked":
		return http.StatusForbidden
	case "NoSuchBucket", "NoSuchKey", "NoSuchUpload", "NoSuchVersion", "NoSuchTagSet", "NoSuchRegion", "NoSuchServerSideEncryptionRule",
		"NoSuchCORSConfiguration", "NoSuchLifecycle", "SymlinkTargetNotExist", "NoSuchBucketPolicy", "NoSuchWORMConfiguration",
		"NoSuchObjectWormConfiguration", "NoSuchObjectRetention", "BucketDataRedundancyTransitionTaskNotExist":
		return http.StatusNotFound
	case "BucketAlreadyExists", "BucketNotEmpty", "FileAlreadyExists", "FileImmutable",
		"PositionNotEqualToLength", "ObjectNotAppendable", "RestoreAlreadyInProgress", "BucketDataRedundancyTransitionTaskStatusConflict":
		return http.StatusConflict
	case "MethodNotAllowed":
		return http.StatusMethodNotAllowed
	case "MissingContentLength":
		return http.StatusLengthRequired
	case "PreconditionFailed":
		return http.StatusPreconditionFailed
	case "InvalidRange":
		return http.StatusRequestedRangeNotSatisfiable
	case "InternalError":
		return http.StatusInternalServerError
	case "NotImplemented":
		return http.StatusNotImplemented
	case "ServiceUnavailable", "QpsLimitExceeded", "DownloadTrafficRateLimitExceeded", "UploadTrafficRateLimitExceeded", "TotalQpsLimitExceeded":
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// response turns the error into an answer to r.
func (e *apiError) response(r *http.Request, requestID string) *response {
	details := append([]detail{
		{"Code", e.code}, {"Message", e.message}, {"RequestId", requestID}, {"HostId", r.Host},
	}, e.details...)
	if e.ec != "" {
		details = append(details, detail{"EC", e.ec}, detail{"RecommendDoc", "https://api.aliyun.com/troubleshoot?q=" + e.ec})
	}
	var b strings.Builder
	b.WriteString(xml.Header + "<Error>")
	for _, d := range details {
		b.WriteString("\n  <" + d.name + ">")
		_ = xml.EscapeText(&b, []byte(d.value)) // a strings.Builder takes everything
		b.WriteString("</" + d.name + ">")
	}
	b.WriteString("\n</Error>\n")
	answer := newResponse(e.status)
	maps.Copy(answer.header, e.header)
	if e.status == http.StatusNotModified {
		return answer
	}
	answer.header.Set("Content-Type", "application/xml")
	if e.ec != "" {
		answer.header.Set("x-oss-ec", e.ec)
	}
	answer.body = []byte(b.String())
	if r.Method == http.MethodHead {
		answer.header.Set("x-oss-err", base64.StdEncoding.EncodeToString(answer.body))
	}
	return answer
}
