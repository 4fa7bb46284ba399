"""What an evaluation leaves behind: tables, figures, and what a model costs."""
