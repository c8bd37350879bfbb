package alicloud

import "strings"

// host returns the real host of a product in a region: the lists of endpoints
// in the documentation of the products. RAM and STS are central.
func host(product, region string) string {
	switch product {
	case productRDS, productVPC:
		if strings.Contains(central[product], " "+region+" ") {
			return product + ".aliyuncs.com"
		}
		return product + "." + region + ".aliyuncs.com"
	default:
		return product + ".aliyuncs.com"
	}
}

// Regions whose RDS and VPC are behind the central host.
var central = map[string]string{ //nolint:gochecknoglobals // a table that nobody writes
	productRDS: " cn-qingdao cn-beijing cn-hangzhou cn-shanghai cn-shenzhen cn-heyuan cn-hongkong cn-wuhan cn-fujian " +
		"cn-zhangjiakou ap-southeast-1 us-east-1 us-west-1 cn-shanghai-finance-1 cn-shenzhen-finance-1 " +
		"cn-beijing-finance-1 cn-north-2-gov-1 ",
	productVPC: " cn-hangzhou cn-wuhan cn-fujian cn-shanghai-finance-1 cn-shenzhen-finance-1 cn-hangzhou-finance ",
}
