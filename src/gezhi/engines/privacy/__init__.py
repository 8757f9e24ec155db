"""What is done with personal data beside showing it masked: looks are listed, terms are kept, keys are changed."""
