package rds

import (
	"encoding/binary"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// The checks of CreateDBInstance, each for some of its parameters (RDS API,
// CreateDBInstance and its error table; rules without a code there have the
// code of the older common table of RDS).

func (s *Service) checkEngine(r *rpc.Request, in *instance) *rpc.Error {
	var fail *rpc.Error
	if in.engine, fail = r.Require("Engine"); fail != nil { // of the class, once that is known
		return fail
	}
	sold := s.catalog.Versions[in.engine]
	if sold == nil {
		return bad("InvalidEngine.Malformed", "The engine is one of MySQL, SQLServer, PostgreSQL and MariaDB.")
	}
	version, fail := r.Require("EngineVersion")
	if fail != nil {
		return fail
	}
	// Here and below an instance keeps the emulator's own copy of a word. The
	// request's word would keep the whole request in memory.
	var known bool
	if in.version, known = own(sold, version); !known {
		return bad("InvalidEngineVersion.Malformed", "The engine version is not valid for %s.", in.engine)
	}
	return nil
}

func (s *Service) checkClass(r *rpc.Request, in *instance) *rpc.Error {
	name, fail := r.Require("DBInstanceClass")
	if fail != nil {
		return fail
	}
	if in.class, fail = s.classFor(name, in.engine, in.version); fail != nil {
		return fail
	}
	in.engine, in.category, in.storageType = in.class.Engine, in.class.Category, in.class.defaultStorage()
	if category := r.Get("Category"); category != "" && category != in.category {
		return missingClass()
	}
	known := true
	if kind := r.Get("DBInstanceStorageType"); kind != "" {
		in.storageType, known = own(in.class.storageTypes(), kind)
	}
	if !known {
		return bad("InvalidInstanceLevel.DiskType", "The class does not support the storage type.")
	}
	storage, fail := r.Require("DBInstanceStorage")
	if fail != nil {
		return fail
	}
	in.storage, fail = storageFor(storage, in.class, in.storageType)
	return fail
}

// own returns the element of a list that equals text.
func own(list []string, text string) (string, bool) {
	i := slices.Index(list, text)
	if i < 0 {
		return "", false
	}
	return list[i], true
}

func (s *Service) classFor(name, engine, version string) (*class, *rpc.Error) {
	i := slices.IndexFunc(s.catalog.classes, func(c *class) bool { return c.name == name })
	if i < 0 {
		return nil, bad("InvalidDBInstanceClass.Malformed", "The DB instance class is not valid.")
	}
	if !s.catalog.classes[i].sells(engine, version) {
		return nil, missingClass()
	}
	return s.catalog.classes[i], nil
}

func missingClass() *rpc.Error {
	return rpc.Errorf(http.StatusNotFound, "InvalidDBInstanceClass.NotFound", "The DB instance class is not sold for this engine, version and category.")
}

// storageFor reads a storage in GB (A045).
func storageFor(value string, c *class, kind string) (int, *rpc.Error) {
	gb, err := strconv.Atoi(value)
	if b := c.storage(kind); err != nil || gb%storageStep != 0 || gb < b.Min || gb > b.Max {
		return 0, bad("InvalidStorage.Format", "The storage is from %d to %d GB in steps of %d.", b.Min, b.Max, storageStep)
	}
	return gb, nil
}

func (s *Service) checkBilling(r *rpc.Request, in *instance) *rpc.Error {
	payType, fail := r.Require("PayType")
	if fail != nil {
		return fail
	}
	if fail := checkServerless(r, in); fail != nil {
		return fail
	}
	if in.payType, in.expires, fail = billing(r, payType); fail != nil {
		return fail
	}
	if in.protected, fail = r.Bool("DeletionProtection", false); fail != nil {
		return fail
	}
	if in.protected && in.payType == prepaid {
		return bad("OperationDenied.PayType", "DeletionProtection is for pay-as-you-go instances.")
	}
	return nil
}

// address chooses an address of the instance in its VSwitch. Addresses are made
// up, and may repeat.
func (in *instance) address(bits int) {
	size := uint64(1) << (32 - bits)
	n := 1 + in.serial%(size-4) // neither the first nor the last three
	first := binary.BigEndian.Uint32(in.private.ip[:])
	binary.BigEndian.PutUint32(in.private.ip[:], first+uint32(n)) //nolint:gosec // n is less than 1<<32
}

// checkPort reads the port; the code for a bad one is a guess (A030).
func (s *Service) checkPort(r *rpc.Request, in *instance) *rpc.Error {
	port := portOf(in.engine)
	if r.Get("Port") != "" {
		port = r.Get("Port")
	}
	limit := 5999
	if in.engine == "MySQL" {
		limit = 65534
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1000 || n > limit {
		return bad("InvalidPort.Malformed", "The port is from 1000 to %d.", limit)
	}
	n, _ := strconv.ParseUint(port, 10, 16) // as above
	in.private.port = uint16(n)
	return nil
}

// checkDescription reads the description of CreateDBInstance.
func (s *Service) checkDescription(r *rpc.Request, in *instance) *rpc.Error {
	in.description = strings.Clone(r.Get("DBInstanceDescription"))
	if in.description == "" {
		return nil
	}
	return descriptionError(in.description)
}

// descriptionError returns the refusal of a description: 2 to 255 letters, digits,
// Chinese characters, underscores and hyphens. The first may be a digit (A047).
func descriptionError(text string) *rpc.Error {
	const code = "InvalidDBInstanceDescription.Format"
	lower := strings.ToLower(text)
	if strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://") {
		return bad(code, "A description does not begin with http:// or https://.")
	}
	if n := utf8.RuneCountInString(text); n < 2 || n > 255 {
		return bad(code, "A description has 2 to 255 characters, this one has %d.", n)
	}
	for i, c := range text {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', unicode.Is(unicode.Han, c), i > 0 && (c == '_' || c == '-'):
		case i == 0 && (c == '_' || c == '-'):
			return bad(code, "A description begins with a letter or digit.")
		default:
			return bad(code, "A description has letters, digits, underscores and hyphens; %q is none of them.", c)
		}
	}
	return nil
}

// descriptions of accounts and databases begin with a letter or a Chinese character
// (RDS API, CreateAccount and CreateDatabase). They may have blanks (A343).
var descriptions = regexp.MustCompile(`^[A-Za-z\p{Han}][A-Za-z0-9_\- \p{Han}]{1,255}$`)

func validDescription(d string) bool { return descriptions.MatchString(d) }

func bad(code, format string, args ...any) *rpc.Error {
	return rpc.Errorf(http.StatusBadRequest, code, format, args...)
}
