"""What every API view shares. One file per concern, since the framework imports some of them during its own import."""
