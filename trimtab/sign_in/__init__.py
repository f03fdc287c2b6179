"""The OpenID provider over HTTP, and what its tokens prove. No AWS, no environment, no clock."""
