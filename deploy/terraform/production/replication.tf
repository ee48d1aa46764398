# What is replicated, and who is told of it.

resource "aws_s3_bucket_replication_configuration" "digitalmarketplace_documents_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_documents_production_production.id
  role     = aws_iam_role.landfall_replication.arn
  depends_on = [
    aws_s3_bucket_versioning.digitalmarketplace_documents_production_production,
    aws_s3_bucket_versioning.digitalmarketplace_cross_region_documents_production,
  ]

  rule {
    id       = "landfall-documents-production"
    priority = 1
    status   = "Enabled"

    filter {}

    delete_marker_replication {
      status = "Enabled"
    }

    destination {
      bucket = aws_s3_bucket.digitalmarketplace_cross_region_documents_production.arn

      metrics {
        status = "Enabled"

        event_threshold {
          minutes = 15
        }
      }

      replication_time {
        status = "Enabled"

        time {
          minutes = 15
        }
      }
    }
  }
}

resource "aws_s3_bucket_replication_configuration" "digitalmarketplace_communications_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_communications_production_production.id
  role     = aws_iam_role.landfall_replication.arn
  depends_on = [
    aws_s3_bucket_versioning.digitalmarketplace_communications_production_production,
    aws_s3_bucket_versioning.digitalmarketplace_cross_region_communications_production,
  ]

  rule {
    id       = "landfall-communications-production"
    priority = 1
    status   = "Enabled"

    filter {}

    delete_marker_replication {
      status = "Enabled"
    }

    destination {
      bucket = aws_s3_bucket.digitalmarketplace_cross_region_communications_production.arn

      metrics {
        status = "Enabled"

        event_threshold {
          minutes = 15
        }
      }

      replication_time {
        status = "Enabled"

        time {
          minutes = 15
        }
      }
    }
  }
}

resource "aws_s3_bucket_replication_configuration" "digitalmarketplace_submissions_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_submissions_production_production.id
  role     = aws_iam_role.landfall_replication.arn
  depends_on = [
    aws_s3_bucket_versioning.digitalmarketplace_submissions_production_production,
    aws_s3_bucket_versioning.digitalmarketplace_cross_region_submissions_production,
  ]

  rule {
    id       = "landfall-submissions-production"
    priority = 1
    status   = "Enabled"

    filter {}

    delete_marker_replication {
      status = "Enabled"
    }

    destination {
      bucket = aws_s3_bucket.digitalmarketplace_cross_region_submissions_production.arn

      metrics {
        status = "Enabled"

        event_threshold {
          minutes = 15
        }
      }

      replication_time {
        status = "Enabled"

        time {
          minutes = 15
        }
      }
    }
  }
}

resource "aws_s3_bucket_replication_configuration" "digitalmarketplace_agreements_production_production" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_agreements_production_production.id
  role     = aws_iam_role.landfall_replication.arn
  depends_on = [
    aws_s3_bucket_versioning.digitalmarketplace_agreements_production_production,
    aws_s3_bucket_versioning.digitalmarketplace_cross_region_agreements_production,
  ]

  rule {
    id       = "landfall-agreements-production"
    priority = 1
    status   = "Enabled"

    filter {}

    delete_marker_replication {
      status = "Enabled"
    }

    destination {
      bucket = aws_s3_bucket.digitalmarketplace_cross_region_agreements_production.arn

      metrics {
        status = "Enabled"

        event_threshold {
          minutes = 15
        }
      }

      replication_time {
        status = "Enabled"

        time {
          minutes = 15
        }
      }
    }
  }
}

# One for a bucket: what it tells others already belongs into this one.
resource "aws_s3_bucket_notification" "digitalmarketplace_documents_production_production" {
  provider   = aws.ireland
  bucket     = aws_s3_bucket.digitalmarketplace_documents_production_production.id
  depends_on = [aws_sqs_queue_policy.landfall_production_eu_west_1]

  queue {
    id        = "landfall"
    queue_arn = aws_sqs_queue.landfall_production_eu_west_1.arn
    events    = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*", "s3:Replication:*"]
  }
}

# One for a bucket: what it tells others already belongs into this one.
resource "aws_s3_bucket_notification" "digitalmarketplace_cross_region_documents_production" {
  provider   = aws.london
  bucket     = aws_s3_bucket.digitalmarketplace_cross_region_documents_production.id
  depends_on = [aws_sqs_queue_policy.landfall_production_eu_west_2]

  queue {
    id        = "landfall"
    queue_arn = aws_sqs_queue.landfall_production_eu_west_2.arn
    events    = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*"]
  }
}

# One for a bucket: what it tells others already belongs into this one.
resource "aws_s3_bucket_notification" "digitalmarketplace_communications_production_production" {
  provider   = aws.ireland
  bucket     = aws_s3_bucket.digitalmarketplace_communications_production_production.id
  depends_on = [aws_sqs_queue_policy.landfall_production_eu_west_1]

  queue {
    id        = "landfall"
    queue_arn = aws_sqs_queue.landfall_production_eu_west_1.arn
    events    = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*", "s3:Replication:*"]
  }
}

# One for a bucket: what it tells others already belongs into this one.
resource "aws_s3_bucket_notification" "digitalmarketplace_cross_region_communications_production" {
  provider   = aws.london
  bucket     = aws_s3_bucket.digitalmarketplace_cross_region_communications_production.id
  depends_on = [aws_sqs_queue_policy.landfall_production_eu_west_2]

  queue {
    id        = "landfall"
    queue_arn = aws_sqs_queue.landfall_production_eu_west_2.arn
    events    = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*"]
  }
}

# One for a bucket: what it tells others already belongs into this one.
resource "aws_s3_bucket_notification" "digitalmarketplace_submissions_production_production" {
  provider   = aws.ireland
  bucket     = aws_s3_bucket.digitalmarketplace_submissions_production_production.id
  depends_on = [aws_sqs_queue_policy.landfall_production_eu_west_1]

  queue {
    id        = "landfall"
    queue_arn = aws_sqs_queue.landfall_production_eu_west_1.arn
    events    = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*", "s3:Replication:*"]
  }
}

# One for a bucket: what it tells others already belongs into this one.
resource "aws_s3_bucket_notification" "digitalmarketplace_cross_region_submissions_production" {
  provider   = aws.london
  bucket     = aws_s3_bucket.digitalmarketplace_cross_region_submissions_production.id
  depends_on = [aws_sqs_queue_policy.landfall_production_eu_west_2]

  queue {
    id        = "landfall"
    queue_arn = aws_sqs_queue.landfall_production_eu_west_2.arn
    events    = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*"]
  }
}

# One for a bucket: what it tells others already belongs into this one.
resource "aws_s3_bucket_notification" "digitalmarketplace_agreements_production_production" {
  provider   = aws.ireland
  bucket     = aws_s3_bucket.digitalmarketplace_agreements_production_production.id
  depends_on = [aws_sqs_queue_policy.landfall_production_eu_west_1]

  queue {
    id        = "landfall"
    queue_arn = aws_sqs_queue.landfall_production_eu_west_1.arn
    events    = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*", "s3:Replication:*"]
  }
}

# One for a bucket: what it tells others already belongs into this one.
resource "aws_s3_bucket_notification" "digitalmarketplace_cross_region_agreements_production" {
  provider   = aws.london
  bucket     = aws_s3_bucket.digitalmarketplace_cross_region_agreements_production.id
  depends_on = [aws_sqs_queue_policy.landfall_production_eu_west_2]

  queue {
    id        = "landfall"
    queue_arn = aws_sqs_queue.landfall_production_eu_west_2.arn
    events    = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*"]
  }
}
