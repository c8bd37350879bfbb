# An example of what Terraform's provider makes on the emulator: docs/emulator.md, "Terraform".
terraform {
  required_providers {
    alicloud = { source = "aliyun/alicloud" }
  }
}

locals {
  emulator = "127.0.0.1:8007"
  zones    = ["cn-hangzhou-h", "cn-hangzhou-i"]
}

provider "alicloud" {
  region       = "cn-hangzhou"
  protocol     = "HTTP"
  account_type = "Domestic"
  endpoints {
    location = local.emulator
    oss      = local.emulator
    ram      = local.emulator
    rds      = local.emulator
    sts      = local.emulator
    vpc      = local.emulator
  }
}

# A network with a subnet in each of two zones.
resource "alicloud_vpc" "shop" {
  vpc_name   = "shop"
  cidr_block = "10.0.0.0/8"
  tags       = { team = "shop" }
}

resource "alicloud_vswitch" "shop" {
  count      = 2
  vpc_id     = alicloud_vpc.shop.id
  zone_id    = local.zones[count.index]
  cidr_block = "10.1.${count.index}.0/24"
  tags       = { team = "shop" }
}

# A bucket, and a user and a role that read it.
resource "alicloud_oss_bucket" "shop" {
  bucket = "shop-pictures"
  tags   = { team = "shop" }
  versioning { status = "Enabled" }
  server_side_encryption_rule { sse_algorithm = "AES256" }
  lifecycle_rule {
    prefix  = "drafts/"
    enabled = true
    expiration { days = 30 }
  }
  force_destroy = true
}

resource "alicloud_oss_bucket_object" "shop" {
  bucket       = alicloud_oss_bucket.shop.bucket
  key          = "welcome.txt"
  content      = "welcome"
  content_type = "text/plain"
}

resource "alicloud_ram_policy" "reads_pictures" {
  policy_name = "reads-pictures"
  policy_document = jsonencode({
    Version = "1"
    Statement = [{
      Effect   = "Allow"
      Action   = ["oss:GetObject", "oss:ListObjects"]
      Resource = ["acs:oss:*:*:${alicloud_oss_bucket.shop.bucket}", "acs:oss:*:*:${alicloud_oss_bucket.shop.bucket}/*"]
    }]
  })
  tags = { team = "shop" }
}

resource "alicloud_ram_user" "shop" {
  name = "shop"
}

resource "alicloud_ram_access_key" "shop" {
  user_name = alicloud_ram_user.shop.name
}

resource "alicloud_ram_user_policy_attachment" "shop" {
  user_name   = alicloud_ram_user.shop.name
  policy_name = alicloud_ram_policy.reads_pictures.policy_name
  policy_type = alicloud_ram_policy.reads_pictures.type
}

resource "alicloud_ram_role" "shop" {
  role_name = "shop"
  assume_role_policy_document = jsonencode({
    Version   = "1"
    Statement = [{ Action = "sts:AssumeRole", Effect = "Allow", Principal = { Service = ["ecs.aliyuncs.com"] } }]
  })
  tags = { team = "shop" }
}

resource "alicloud_ram_role_policy_attachment" "shop" {
  role_name   = alicloud_ram_role.shop.role_name
  policy_name = alicloud_ram_policy.reads_pictures.policy_name
  policy_type = alicloud_ram_policy.reads_pictures.type
}

# A MySQL instance in both zones.
resource "alicloud_db_instance" "shop" {
  engine                   = "MySQL"
  engine_version           = "8.0"
  category                 = "HighAvailability"
  instance_type            = "mysql.n2.medium.2c"
  db_instance_storage_type = "cloud_essd"
  instance_storage         = 30
  zone_id                  = local.zones[0]
  zone_id_slave_a          = local.zones[1]
  vswitch_id               = join(",", alicloud_vswitch.shop[*].id)
  security_ips             = ["10.0.0.0/8"]
  ssl_action               = "Open"
  tags                     = { team = "shop" }
  parameters {
    name  = "long_query_time"
    value = "2"
  }
}

resource "alicloud_db_database" "shop" {
  instance_id    = alicloud_db_instance.shop.id
  data_base_name = "shop"
  character_set  = "utf8mb4"
}

resource "alicloud_rds_account" "shop" {
  db_instance_id   = alicloud_db_instance.shop.id
  account_name     = "shop"
  account_password = "Example1234"
}

resource "alicloud_db_account_privilege" "shop" {
  instance_id  = alicloud_db_instance.shop.id
  account_name = alicloud_rds_account.shop.account_name
  privilege    = "ReadWrite"
  db_names     = [alicloud_db_database.shop.data_base_name]
}

resource "alicloud_db_backup_policy" "shop" {
  instance_id             = alicloud_db_instance.shop.id
  preferred_backup_period = ["Tuesday", "Friday"]
  backup_retention_period = 15
  enable_backup_log       = true
}

resource "alicloud_db_connection" "shop" {
  instance_id       = alicloud_db_instance.shop.id
  connection_prefix = "shop-public"
}
