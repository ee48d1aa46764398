# The roles that S3 acts under.

resource "aws_iam_role" "landfall_replication" {
  name = "landfall-replication"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "S3Replicates"
        Effect = "Allow"
        Principal = {
          Service = "s3.amazonaws.com"
        }
        Action = "sts:AssumeRole"
        Condition = {
          StringEqualsIfExists = {
            "aws:SourceAccount" = "222222222222"
          }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy" "landfall_replication" {
  name = "landfall-replication"
  role = aws_iam_role.landfall_replication.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "ReadRules"
        Effect = "Allow"
        Action = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
        Resource = [
          "arn:aws:s3:::digitalmarketplace-agreements-preview-preview",
          "arn:aws:s3:::digitalmarketplace-communications-preview-preview",
          "arn:aws:s3:::digitalmarketplace-documents-preview-preview",
          "arn:aws:s3:::digitalmarketplace-submissions-preview-preview",
        ]
      },
      {
        Sid    = "ReadSource"
        Effect = "Allow"
        Action = [
          "s3:GetObjectVersionForReplication",
          "s3:GetObjectVersionAcl",
          "s3:GetObjectVersionTagging",
        ]
        Resource = [
          "arn:aws:s3:::digitalmarketplace-agreements-preview-preview/*",
          "arn:aws:s3:::digitalmarketplace-communications-preview-preview/*",
          "arn:aws:s3:::digitalmarketplace-documents-preview-preview/*",
          "arn:aws:s3:::digitalmarketplace-submissions-preview-preview/*",
        ]
      },
      {
        Sid    = "WriteReplica"
        Effect = "Allow"
        Action = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"]
        Resource = [
          "arn:aws:s3:::digitalmarketplace-cross-region-agreements-preview-preview/*",
          "arn:aws:s3:::digitalmarketplace-cross-region-communications-preview-preview/*",
          "arn:aws:s3:::digitalmarketplace-cross-region-documents-preview-preview/*",
          "arn:aws:s3:::digitalmarketplace-cross-region-submissions-preview-preview/*",
        ]
      },
    ]
  })
}

resource "aws_iam_role" "landfall_batch_replication" {
  name = "landfall-batch-replication"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "BatchOperationsReplicate"
        Effect = "Allow"
        Principal = {
          Service = "batchoperations.s3.amazonaws.com"
        }
        Action = "sts:AssumeRole"
      },
    ]
  })
}

resource "aws_iam_role_policy" "landfall_batch_replication" {
  name = "landfall-batch-replication"
  role = aws_iam_role.landfall_batch_replication.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "BeginReplication"
        Effect = "Allow"
        Action = "s3:InitiateReplication"
        Resource = [
          "arn:aws:s3:::digitalmarketplace-agreements-preview-preview/*",
          "arn:aws:s3:::digitalmarketplace-communications-preview-preview/*",
          "arn:aws:s3:::digitalmarketplace-documents-preview-preview/*",
          "arn:aws:s3:::digitalmarketplace-submissions-preview-preview/*",
        ]
      },
      {
        Sid      = "ReadManifestsWriteReports"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
        Resource = "arn:aws:s3:::digitalmarketplace-landfall-redrive-development/landfall/redrive/*"
      },
    ]
  })
}
