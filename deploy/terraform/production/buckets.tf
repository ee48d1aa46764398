# The buckets: versioned, encrypted, closed.

resource "aws_s3_bucket" "digitalmarketplace_cross_region_documents_production" {
  provider = aws.london
  bucket   = "digitalmarketplace-cross-region-documents-production"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_cross_region_documents_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_documents_production.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_cross_region_documents_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_documents_production.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_cross_region_documents_production" {
  provider                = aws.london
  bucket                  = aws_s3_bucket.digitalmarketplace_cross_region_documents_production.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_cross_region_documents_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_documents_production.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_cross_region_documents_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_documents_production.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-cross-region-documents-production",
          "arn:aws:s3:::digitalmarketplace-cross-region-documents-production/*",
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

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_cross_region_documents_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_documents_production.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket" "digitalmarketplace_cross_region_communications_production" {
  provider = aws.london
  bucket   = "digitalmarketplace-cross-region-communications-production"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_cross_region_communications_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_communications_production.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_cross_region_communications_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_communications_production.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_cross_region_communications_production" {
  provider                = aws.london
  bucket                  = aws_s3_bucket.digitalmarketplace_cross_region_communications_production.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_cross_region_communications_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_communications_production.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_cross_region_communications_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_communications_production.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-cross-region-communications-production",
          "arn:aws:s3:::digitalmarketplace-cross-region-communications-production/*",
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

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_cross_region_communications_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_communications_production.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket" "digitalmarketplace_cross_region_submissions_production" {
  provider = aws.london
  bucket   = "digitalmarketplace-cross-region-submissions-production"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_cross_region_submissions_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_submissions_production.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_cross_region_submissions_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_submissions_production.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_cross_region_submissions_production" {
  provider                = aws.london
  bucket                  = aws_s3_bucket.digitalmarketplace_cross_region_submissions_production.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_cross_region_submissions_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_submissions_production.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_cross_region_submissions_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_submissions_production.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-cross-region-submissions-production",
          "arn:aws:s3:::digitalmarketplace-cross-region-submissions-production/*",
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

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_cross_region_submissions_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_submissions_production.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket" "digitalmarketplace_cross_region_agreements_production" {
  provider = aws.london
  bucket   = "digitalmarketplace-cross-region-agreements-production"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_cross_region_agreements_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_agreements_production.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_cross_region_agreements_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_agreements_production.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_cross_region_agreements_production" {
  provider                = aws.london
  bucket                  = aws_s3_bucket.digitalmarketplace_cross_region_agreements_production.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_cross_region_agreements_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_agreements_production.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_cross_region_agreements_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_agreements_production.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-cross-region-agreements-production",
          "arn:aws:s3:::digitalmarketplace-cross-region-agreements-production/*",
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

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_cross_region_agreements_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_agreements_production.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket" "digitalmarketplace_landfall_redrive_production" {
  provider = aws.ireland
  bucket   = "digitalmarketplace-landfall-redrive-production"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_landfall_redrive_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_redrive_production.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_landfall_redrive_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_redrive_production.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_landfall_redrive_production" {
  provider                = aws.ireland
  bucket                  = aws_s3_bucket.digitalmarketplace_landfall_redrive_production.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_landfall_redrive_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_redrive_production.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_landfall_redrive_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_redrive_production.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-landfall-redrive-production",
          "arn:aws:s3:::digitalmarketplace-landfall-redrive-production/*",
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

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_landfall_redrive_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_redrive_production.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket" "digitalmarketplace_landfall_production" {
  provider = aws.london
  bucket   = "digitalmarketplace-landfall-production"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_landfall_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_production.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_landfall_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_production.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_landfall_production" {
  provider                = aws.london
  bucket                  = aws_s3_bucket.digitalmarketplace_landfall_production.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_landfall_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_production.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_landfall_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_production.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-landfall-production",
          "arn:aws:s3:::digitalmarketplace-landfall-production/*",
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

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_landfall_production" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_production.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket" "digitalmarketplace_documents_production_production" {
  provider = aws.ireland
  bucket   = "digitalmarketplace-documents-production-production"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_documents_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_documents_production_production.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_documents_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_documents_production_production.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_documents_production_production" {
  provider                = aws.ireland
  bucket                  = aws_s3_bucket.digitalmarketplace_documents_production_production.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_documents_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_documents_production_production.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_documents_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_documents_production_production.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-documents-production-production",
          "arn:aws:s3:::digitalmarketplace-documents-production-production/*",
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

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_documents_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_documents_production_production.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket" "digitalmarketplace_communications_production_production" {
  provider = aws.ireland
  bucket   = "digitalmarketplace-communications-production-production"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_communications_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_communications_production_production.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_communications_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_communications_production_production.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_communications_production_production" {
  provider                = aws.ireland
  bucket                  = aws_s3_bucket.digitalmarketplace_communications_production_production.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_communications_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_communications_production_production.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_communications_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_communications_production_production.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-communications-production-production",
          "arn:aws:s3:::digitalmarketplace-communications-production-production/*",
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

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_communications_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_communications_production_production.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket" "digitalmarketplace_submissions_production_production" {
  provider = aws.ireland
  bucket   = "digitalmarketplace-submissions-production-production"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_submissions_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_submissions_production_production.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_submissions_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_submissions_production_production.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_submissions_production_production" {
  provider                = aws.ireland
  bucket                  = aws_s3_bucket.digitalmarketplace_submissions_production_production.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_submissions_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_submissions_production_production.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_submissions_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_submissions_production_production.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-submissions-production-production",
          "arn:aws:s3:::digitalmarketplace-submissions-production-production/*",
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

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_submissions_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_submissions_production_production.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket" "digitalmarketplace_agreements_production_production" {
  provider = aws.ireland
  bucket   = "digitalmarketplace-agreements-production-production"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_agreements_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_agreements_production_production.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_agreements_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_agreements_production_production.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_agreements_production_production" {
  provider                = aws.ireland
  bucket                  = aws_s3_bucket.digitalmarketplace_agreements_production_production.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_agreements_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_agreements_production_production.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_agreements_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_agreements_production_production.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-agreements-production-production",
          "arn:aws:s3:::digitalmarketplace-agreements-production-production/*",
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

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_agreements_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_agreements_production_production.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}
