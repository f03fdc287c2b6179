"""What does AWS charge for what Trimtab uses? List prices in USD, first tier, without free tiers.

Of us-east-1, which eu-west-1 shares for most of them; DEARER stands for the regions that ask more.
Sources, read 2026-11-21: AWS Step Functions pricing, https://aws.amazon.com/step-functions/pricing/
(the same in us-east-1 and eu-west-1); Amazon CloudWatch pricing,
https://aws.amazon.com/cloudwatch/pricing/; Amazon DynamoDB pricing,
https://aws.amazon.com/dynamodb/pricing/on-demand/ (half of what it was before November 2024); AWS
KMS, https://aws.amazon.com/kms/pricing/; Amazon S3, https://aws.amazon.com/s3/pricing/; Amazon SES,
https://aws.amazon.com/ses/pricing/; AWS Secrets Manager,
https://aws.amazon.com/secrets-manager/pricing/; AWS Lambda: see
`domain.price_table`. All but Step Functions and Lambda were read from copies and articles, not from
the price list: check before relying on it.
"""

USD_PER_METRIC_READ = 0.01 / 1000
"""GetMetricData, per metric asked for; never free."""
USD_PER_GB_SCANNED = 0.005
"""CloudWatch Logs Insights."""
USD_PER_GB_LOGGED = 0.50
USD_PER_GB_LOG_KEPT = 0.03
USD_PER_ALARM = 0.10
USD_PER_CUSTOM_METRIC = 0.30
USD_PER_DASHBOARD = 3.00

USD_PER_TRANSITION = 0.025 / 1000

USD_PER_KEY = 1.00
USD_PER_KEY_REQUEST = 0.03 / 10_000
USD_PER_SIGNATURE = 0.15 / 10_000
"""Sign and Verify with an elliptic curve key."""

USD_PER_S3_PUT = 0.005 / 1000
USD_PER_S3_GET = 0.0004 / 1000
USD_PER_S3_GB = 0.023

USD_PER_WRITE_UNIT = 0.625 / 1_000_000
USD_PER_READ_UNIT = 0.125 / 1_000_000
USD_PER_TABLE_GB = 0.25
USD_PER_RECOVERY_GB = 0.20
"""Point-in-time recovery."""

USD_PER_EMAIL = 0.10 / 1000
USD_PER_SECRET = 0.40

DEARER = 1.2
"""What a dear region asks over these prices; the high end of a range has it. Chosen."""
