package oss

import "encoding/xml"

type liveChannelList struct {
	XMLName     xml.Name `xml:"ListLiveChannelResult"`
	Prefix      string
	Marker      string
	MaxKeys     int
	IsTruncated bool
	NextMarker  string
}

// listLiveChannels lists none, since nothing makes one here. Clients ask before
// they delete a bucket (OSS API, ListLiveChannel).
func (s *Service) listLiveChannels(r *request) (*response, *apiError) {
	size, refused := maxKeys(r.query, "max-keys", 100)
	if refused != nil {
		return nil, refused
	}
	return xmlResponse(liveChannelList{Prefix: r.query.Get("prefix"), Marker: r.query.Get("marker"), MaxKeys: size})
}
