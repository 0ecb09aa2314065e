"""The window: Qt Widgets over the flows. Nothing in here touches a card, a key or the network."""
