"""Which AWS resources does Trimtab consist of? A CDK app; it reads names and permissions, never handlers."""
