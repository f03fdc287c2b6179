"""Which AWS resources does Trimtab consist of? A CDK app; it never imports a handler."""
