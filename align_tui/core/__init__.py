"""What an alignment study is: pure values and functions, importing nothing else of ours."""
