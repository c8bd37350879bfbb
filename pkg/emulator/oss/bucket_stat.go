package oss

import "encoding/xml"

// billedLeast is the size as which a small object of a class but Standard counts
// (OSS documentation, "Storage classes").
const billedLeast = 64 << 10

// A classStat counts the objects of one storage class: their size, and the size
// that is billed.
type classStat struct{ real, billed, count int64 }

func (c *classStat) add(size int64, class string) {
	c.count++
	c.real += size
	if class != classStandard {
		size = max(size, billedLeast)
	}
	c.billed += size
}

type bucketStat struct {
	XMLName                     xml.Name `xml:"BucketStat"`
	Storage                     int64
	ObjectCount                 int64
	MultipartUploadCount        int
	LiveChannelCount            int
	LastModifiedTime            int64
	StandardStorage             int64
	StandardObjectCount         int64
	InfrequentAccessStorage     int64
	InfrequentAccessRealStorage int64
	InfrequentAccessObjectCount int64
	ArchiveStorage              int64
	ArchiveRealStorage          int64
	ArchiveObjectCount          int64
	ColdArchiveStorage          int64
	ColdArchiveRealStorage      int64
	ColdArchiveObjectCount      int64
	DeepColdArchiveStorage      int64
	DeepColdArchiveRealStorage  int64
	DeepColdArchiveObjectCount  int64
	MultipartPartCount          int
	DeleteMarkerCount           int
}

// getBucketStat counts the contents of a bucket, by storage class too (OSS API,
// GetBucketStat). The real numbers can be an hour old, these are current. Parts
// of uploads count as Standard.
func (s *Service) getBucketStat(r *request) (*response, *apiError) {
	stat := bucketStat{MultipartUploadCount: len(r.bucket.uploads)}
	if r.bucket.objects.count > 0 || len(r.bucket.uploads) > 0 { // of an empty bucket 0 (A267)
		stat.LastModifiedTime = s.cfg.Clock.Now().Unix()
	}
	var standard, ia, archive, cold, deep classStat
	byClass := map[string]*classStat{"IA": &ia, "Archive": &archive, "ColdArchive": &cold, "DeepColdArchive": &deep}
	for _, versions := range r.bucket.objects.all() {
		for _, v := range versions {
			if v.marker {
				stat.DeleteMarkerCount++
				continue
			}
			size := int64(len(v.data))
			stat.ObjectCount++
			stat.Storage += size
			if class := byClass[v.storageClass]; class != nil {
				class.add(size, v.storageClass)
			} else {
				standard.add(size, classStandard)
			}
		}
	}
	for _, u := range r.bucket.uploads {
		stat.MultipartPartCount += len(u.parts)
		for _, p := range u.parts {
			stat.Storage += int64(len(p.data))
			standard.real += int64(len(p.data))
		}
	}
	stat.StandardStorage, stat.StandardObjectCount = standard.real, standard.count
	stat.InfrequentAccessStorage, stat.InfrequentAccessRealStorage, stat.InfrequentAccessObjectCount = ia.billed, ia.real, ia.count
	stat.ArchiveStorage, stat.ArchiveRealStorage, stat.ArchiveObjectCount = archive.billed, archive.real, archive.count
	stat.ColdArchiveStorage, stat.ColdArchiveRealStorage, stat.ColdArchiveObjectCount = cold.billed, cold.real, cold.count
	stat.DeepColdArchiveStorage, stat.DeepColdArchiveRealStorage, stat.DeepColdArchiveObjectCount = deep.billed, deep.real, deep.count
	return xmlResponse(stat)
}
