"""How files of ours come to be: never half written, never over a device, and for whom."""
