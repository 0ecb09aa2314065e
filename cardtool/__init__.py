"""CardTool: certificates on a smart card or in a protected file."""

__version__ = "0.1.0"
