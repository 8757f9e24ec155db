"""Messages to staff and citizens: in the app, by e-mail, SMS and WeChat; who is told of what is data."""
