# The buckets: versioned, encrypted, closed.

resource "aws_s3_bucket" "digitalmarketplace_cross_region_database_backups" {
  provider = aws.london
  bucket   = "digitalmarketplace-cross-region-database-backups"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_cross_region_database_backups" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_database_backups.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_cross_region_database_backups" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_database_backups.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_cross_region_database_backups" {
  provider                = aws.london
  bucket                  = aws_s3_bucket.digitalmarketplace_cross_region_database_backups.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_cross_region_database_backups" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_database_backups.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_cross_region_database_backups" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_database_backups.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-cross-region-database-backups",
          "arn:aws:s3:::digitalmarketplace-cross-region-database-backups/*",
        ]
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
      },
    ]
  })
}

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_cross_region_database_backups" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_database_backups.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket" "digitalmarketplace_landfall_redrive_backups" {
  provider = aws.ireland
  bucket   = "digitalmarketplace-landfall-redrive-backups"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_landfall_redrive_backups" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_redrive_backups.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_landfall_redrive_backups" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_redrive_backups.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_landfall_redrive_backups" {
  provider                = aws.ireland
  bucket                  = aws_s3_bucket.digitalmarketplace_landfall_redrive_backups.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_landfall_redrive_backups" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_redrive_backups.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_landfall_redrive_backups" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_redrive_backups.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-landfall-redrive-backups",
          "arn:aws:s3:::digitalmarketplace-landfall-redrive-backups/*",
        ]
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
      },
    ]
  })
}

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_landfall_redrive_backups" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_redrive_backups.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket" "digitalmarketplace_database_backups" {
  provider = aws.ireland
  bucket   = "digitalmarketplace-database-backups"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_database_backups" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_database_backups.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_database_backups" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_database_backups.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_database_backups" {
  provider                = aws.ireland
  bucket                  = aws_s3_bucket.digitalmarketplace_database_backups.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_database_backups" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_database_backups.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_database_backups" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_database_backups.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-database-backups",
          "arn:aws:s3:::digitalmarketplace-database-backups/*",
        ]
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
      },
    ]
  })
}

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_database_backups" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_database_backups.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}
