# The buckets: versioned, encrypted, closed.

resource "aws_s3_bucket" "digitalmarketplace_cross_region_documents_preview_preview" {
  provider = aws.london
  bucket   = "digitalmarketplace-cross-region-documents-preview-preview"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_cross_region_documents_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_documents_preview_preview.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_cross_region_documents_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_documents_preview_preview.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_cross_region_documents_preview_preview" {
  provider                = aws.london
  bucket                  = aws_s3_bucket.digitalmarketplace_cross_region_documents_preview_preview.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_cross_region_documents_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_documents_preview_preview.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_cross_region_documents_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_documents_preview_preview.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-cross-region-documents-preview-preview",
          "arn:aws:s3:::digitalmarketplace-cross-region-documents-preview-preview/*",
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

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_cross_region_documents_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_documents_preview_preview.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket" "digitalmarketplace_cross_region_communications_preview_preview" {
  provider = aws.london
  bucket   = "digitalmarketplace-cross-region-communications-preview-preview"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_cross_region_communications_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_communications_preview_preview.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_cross_region_communications_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_communications_preview_preview.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_cross_region_communications_preview_preview" {
  provider                = aws.london
  bucket                  = aws_s3_bucket.digitalmarketplace_cross_region_communications_preview_preview.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_cross_region_communications_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_communications_preview_preview.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_cross_region_communications_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_communications_preview_preview.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-cross-region-communications-preview-preview",
          "arn:aws:s3:::digitalmarketplace-cross-region-communications-preview-preview/*",
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

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_cross_region_communications_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_communications_preview_preview.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket" "digitalmarketplace_cross_region_submissions_preview_preview" {
  provider = aws.london
  bucket   = "digitalmarketplace-cross-region-submissions-preview-preview"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_cross_region_submissions_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_submissions_preview_preview.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_cross_region_submissions_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_submissions_preview_preview.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_cross_region_submissions_preview_preview" {
  provider                = aws.london
  bucket                  = aws_s3_bucket.digitalmarketplace_cross_region_submissions_preview_preview.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_cross_region_submissions_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_submissions_preview_preview.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_cross_region_submissions_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_submissions_preview_preview.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-cross-region-submissions-preview-preview",
          "arn:aws:s3:::digitalmarketplace-cross-region-submissions-preview-preview/*",
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

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_cross_region_submissions_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_submissions_preview_preview.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket" "digitalmarketplace_cross_region_agreements_preview_preview" {
  provider = aws.london
  bucket   = "digitalmarketplace-cross-region-agreements-preview-preview"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_cross_region_agreements_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_agreements_preview_preview.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_cross_region_agreements_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_agreements_preview_preview.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_cross_region_agreements_preview_preview" {
  provider                = aws.london
  bucket                  = aws_s3_bucket.digitalmarketplace_cross_region_agreements_preview_preview.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_cross_region_agreements_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_agreements_preview_preview.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_cross_region_agreements_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_agreements_preview_preview.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-cross-region-agreements-preview-preview",
          "arn:aws:s3:::digitalmarketplace-cross-region-agreements-preview-preview/*",
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

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_cross_region_agreements_preview_preview" {
  provider = aws.london
  bucket   = aws_s3_bucket.digitalmarketplace_cross_region_agreements_preview_preview.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket" "digitalmarketplace_landfall_redrive_development" {
  provider = aws.ireland
  bucket   = "digitalmarketplace-landfall-redrive-development"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_landfall_redrive_development" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_redrive_development.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_landfall_redrive_development" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_redrive_development.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_landfall_redrive_development" {
  provider                = aws.ireland
  bucket                  = aws_s3_bucket.digitalmarketplace_landfall_redrive_development.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_landfall_redrive_development" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_redrive_development.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_landfall_redrive_development" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_redrive_development.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-landfall-redrive-development",
          "arn:aws:s3:::digitalmarketplace-landfall-redrive-development/*",
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

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_landfall_redrive_development" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_landfall_redrive_development.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket" "digitalmarketplace_documents_preview_preview" {
  provider = aws.ireland
  bucket   = "digitalmarketplace-documents-preview-preview"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_documents_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_documents_preview_preview.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_documents_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_documents_preview_preview.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_documents_preview_preview" {
  provider                = aws.ireland
  bucket                  = aws_s3_bucket.digitalmarketplace_documents_preview_preview.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_documents_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_documents_preview_preview.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_documents_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_documents_preview_preview.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-documents-preview-preview",
          "arn:aws:s3:::digitalmarketplace-documents-preview-preview/*",
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

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_documents_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_documents_preview_preview.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket" "digitalmarketplace_communications_preview_preview" {
  provider = aws.ireland
  bucket   = "digitalmarketplace-communications-preview-preview"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_communications_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_communications_preview_preview.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_communications_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_communications_preview_preview.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_communications_preview_preview" {
  provider                = aws.ireland
  bucket                  = aws_s3_bucket.digitalmarketplace_communications_preview_preview.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_communications_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_communications_preview_preview.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_communications_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_communications_preview_preview.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-communications-preview-preview",
          "arn:aws:s3:::digitalmarketplace-communications-preview-preview/*",
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

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_communications_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_communications_preview_preview.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket" "digitalmarketplace_submissions_preview_preview" {
  provider = aws.ireland
  bucket   = "digitalmarketplace-submissions-preview-preview"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_submissions_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_submissions_preview_preview.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_submissions_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_submissions_preview_preview.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_submissions_preview_preview" {
  provider                = aws.ireland
  bucket                  = aws_s3_bucket.digitalmarketplace_submissions_preview_preview.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_submissions_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_submissions_preview_preview.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_submissions_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_submissions_preview_preview.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-submissions-preview-preview",
          "arn:aws:s3:::digitalmarketplace-submissions-preview-preview/*",
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

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_submissions_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_submissions_preview_preview.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket" "digitalmarketplace_agreements_preview_preview" {
  provider = aws.ireland
  bucket   = "digitalmarketplace-agreements-preview-preview"
}

resource "aws_s3_bucket_versioning" "digitalmarketplace_agreements_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_agreements_preview_preview.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "digitalmarketplace_agreements_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_agreements_preview_preview.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "digitalmarketplace_agreements_preview_preview" {
  provider                = aws.ireland
  bucket                  = aws_s3_bucket.digitalmarketplace_agreements_preview_preview.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "digitalmarketplace_agreements_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_agreements_preview_preview.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "digitalmarketplace_agreements_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_agreements_preview_preview.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LandfallTlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-agreements-preview-preview",
          "arn:aws:s3:::digitalmarketplace-agreements-preview-preview/*",
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

resource "aws_s3_bucket_lifecycle_configuration" "digitalmarketplace_agreements_preview_preview" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_agreements_preview_preview.id

  rule {
    id     = "landfall-end-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}
