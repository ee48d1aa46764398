# What is replicated, and who is told of it.

resource "aws_s3_bucket_replication_configuration" "digitalmarketplace_database_backups" {
  provider = aws.ireland
  bucket   = aws_s3_bucket.digitalmarketplace_database_backups.id
  role     = aws_iam_role.landfall_replication.arn
  depends_on = [
    aws_s3_bucket_versioning.digitalmarketplace_database_backups,
    aws_s3_bucket_versioning.digitalmarketplace_cross_region_database_backups,
  ]

  rule {
    id       = "landfall-database-backups"
    priority = 1
    status   = "Enabled"

    filter {}

    delete_marker_replication {
      status = "Enabled"
    }

    destination {
      bucket = aws_s3_bucket.digitalmarketplace_cross_region_database_backups.arn

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
resource "aws_s3_bucket_notification" "digitalmarketplace_database_backups" {
  provider   = aws.ireland
  bucket     = aws_s3_bucket.digitalmarketplace_database_backups.id
  depends_on = [aws_sqs_queue_policy.landfall_backups_eu_west_1]

  queue {
    id        = "landfall"
    queue_arn = aws_sqs_queue.landfall_backups_eu_west_1.arn
    events    = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*", "s3:Replication:*"]
  }
}

# One for a bucket: what it tells others already belongs into this one.
resource "aws_s3_bucket_notification" "digitalmarketplace_cross_region_database_backups" {
  provider   = aws.london
  bucket     = aws_s3_bucket.digitalmarketplace_cross_region_database_backups.id
  depends_on = [aws_sqs_queue_policy.landfall_backups_eu_west_2]

  queue {
    id        = "landfall"
    queue_arn = aws_sqs_queue.landfall_backups_eu_west_2.arn
    events    = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*"]
  }
}
