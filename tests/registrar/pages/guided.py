"""What the tests of the guided pages share: a stay of thirty days, the two presses."""

from tests.moments import days_ago as days_ago


def text(answer):
    return answer.content.decode()


def do(client, address, **given):
    """Looks at the preview and presses the button."""
    looked = client.post(address, {**given, "do": "preview"})
    assert looked.status_code == 200, looked.context["form"].errors
    return client.post(address, {**given, "do": "do", "version": looked.context["version"]})
