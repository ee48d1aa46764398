# The intake queues, with their dead-letter queues.

resource "aws_sqs_queue" "landfall_production_eu_west_1_dead_letters" {
  provider                  = aws.ireland
  name                      = "landfall-production-eu-west-1-dead-letters"
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "landfall_production_eu_west_1" {
  provider                   = aws.ireland
  name                       = "landfall-production-eu-west-1"
  message_retention_seconds  = 604800
  visibility_timeout_seconds = 60
  receive_wait_time_seconds  = 20
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.landfall_production_eu_west_1_dead_letters.arn
    maxReceiveCount     = 10
  })
}

resource "aws_sqs_queue_policy" "landfall_production_eu_west_1" {
  provider  = aws.ireland
  queue_url = aws_sqs_queue.landfall_production_eu_west_1.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "LandfallLetsS3Send"
        Effect = "Allow"
        Principal = {
          Service = "s3.amazonaws.com"
        }
        Action   = "sqs:SendMessage"
        Resource = "arn:aws:sqs:eu-west-1:333333333333:landfall-production-eu-west-1"
        Condition = {
          ArnEquals = {
            "aws:SourceArn" = [
              "arn:aws:s3:::digitalmarketplace-agreements-production-production",
              "arn:aws:s3:::digitalmarketplace-communications-production-production",
              "arn:aws:s3:::digitalmarketplace-documents-production-production",
              "arn:aws:s3:::digitalmarketplace-submissions-production-production",
            ]
          }
          StringEquals = {
            "aws:SourceAccount" = ["333333333333"]
          }
        }
      },
    ]
  })
}

resource "aws_sqs_queue" "landfall_production_eu_west_2_dead_letters" {
  provider                  = aws.london
  name                      = "landfall-production-eu-west-2-dead-letters"
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "landfall_production_eu_west_2" {
  provider                   = aws.london
  name                       = "landfall-production-eu-west-2"
  message_retention_seconds  = 604800
  visibility_timeout_seconds = 60
  receive_wait_time_seconds  = 20
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.landfall_production_eu_west_2_dead_letters.arn
    maxReceiveCount     = 10
  })
}

resource "aws_sqs_queue_policy" "landfall_production_eu_west_2" {
  provider  = aws.london
  queue_url = aws_sqs_queue.landfall_production_eu_west_2.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "LandfallLetsS3Send"
        Effect = "Allow"
        Principal = {
          Service = "s3.amazonaws.com"
        }
        Action   = "sqs:SendMessage"
        Resource = "arn:aws:sqs:eu-west-2:333333333333:landfall-production-eu-west-2"
        Condition = {
          ArnEquals = {
            "aws:SourceArn" = [
              "arn:aws:s3:::digitalmarketplace-cross-region-agreements-production",
              "arn:aws:s3:::digitalmarketplace-cross-region-communications-production",
              "arn:aws:s3:::digitalmarketplace-cross-region-documents-production",
              "arn:aws:s3:::digitalmarketplace-cross-region-submissions-production",
            ]
          }
          StringEquals = {
            "aws:SourceAccount" = ["333333333333"]
          }
        }
      },
    ]
  })
}
