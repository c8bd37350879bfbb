package oss

import (
	"encoding/xml"
	"net/http"
	"strconv"
)

// blockConfiguration is the body of PutBucketPublicAccessBlock and of
// PutPublicAccessBlock.
type blockConfiguration struct {
	XMLName           xml.Name `xml:"PublicAccessBlockConfiguration"`
	BlockPublicAccess string   `xml:"BlockPublicAccess"`
}

// readBlock reads whether public access is to be blocked.
func readBlock(body []byte) (bool, *apiError) {
	var given blockConfiguration
	if xml.Unmarshal(body, &given) != nil {
		return false, malformedXML()
	}
	if given.BlockPublicAccess == "" {
		return false, nil
	}
	blocked, err := strconv.ParseBool(given.BlockPublicAccess)
	if err != nil {
		return false, malformedXML()
	}
	return blocked, nil
}

// putPublicAccessBlock forbids public access to a bucket, or allows it again
// (OSS API, PutBucketPublicAccessBlock).
func (s *Service) putPublicAccessBlock(r *request) (*response, *apiError) {
	blocked, refused := readBlock(r.body)
	if refused != nil {
		return nil, refused
	}
	r.bucket.publicBlocked = blocked
	return newResponse(http.StatusOK), nil
}

// getPublicAccessBlock reports whether public access is forbidden (OSS API,
// GetBucketPublicAccessBlock).
func (s *Service) getPublicAccessBlock(r *request) (*response, *apiError) {
	return xmlResponse(blockConfiguration{BlockPublicAccess: strconv.FormatBool(r.bucket.publicBlocked)})
}

// deletePublicAccessBlock allows public access again (OSS API,
// DeleteBucketPublicAccessBlock).
func (s *Service) deletePublicAccessBlock(r *request) (*response, *apiError) {
	r.bucket.publicBlocked = false
	return newResponse(http.StatusNoContent), nil
}

// putAccountBlock blocks public access to all buckets of the account, or lifts
// that block (OSS API, PutPublicAccessBlock).
func (s *Service) putAccountBlock(r *request) (*response, *apiError) {
	blocked, refused := readBlock(r.body)
	if refused != nil {
		return nil, refused
	}
	s.blockAccount(r.caller.AccountID, blocked)
	return newResponse(http.StatusOK), nil
}

// getAccountBlock tells whether the account blocks public access (OSS API,
// GetPublicAccessBlock).
func (s *Service) getAccountBlock(r *request) (*response, *apiError) {
	return xmlResponse(blockConfiguration{BlockPublicAccess: strconv.FormatBool(s.blockedAccounts[r.caller.AccountID])})
}

// deleteAccountBlock lifts the block of the account (OSS API,
// DeletePublicAccessBlock).
func (s *Service) deleteAccountBlock(r *request) (*response, *apiError) {
	s.blockAccount(r.caller.AccountID, false)
	return newResponse(http.StatusNoContent), nil
}

// blockAccount blocks public access to the buckets that an account has and will
// have, or lifts that block.
func (s *Service) blockAccount(accountID string, block bool) {
	s.blockedAccounts[accountID] = block
	for _, b := range s.buckets {
		if b.owner == accountID {
			b.accountBlocked = block
		}
	}
}
