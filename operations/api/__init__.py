"""What every API view shares. One file a concern, since the framework reads some of them while it is being imported itself."""
