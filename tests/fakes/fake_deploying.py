"""What else may be moving an alias? CodeDeploy, a page at a time."""

from collections.abc import Sequence
from typing import Any

from tests.fakes.failures import FailingClient

Raw = dict[str, Any]


class FakeCodeDeploy(FailingClient):
    """CodeDeploy: deployments that are under way."""

    def __init__(self) -> None:
        super().__init__()
        self._deployments: dict[str, Raw] = {}
        self.per_page = 100

    def deploy(self, id_: str, content: str | None, *, platform: str = "Lambda") -> None:
        """Begin a deployment. `content` None: its text lies in a bucket."""
        revision: Raw = {"revisionType": "S3", "s3Location": {"bucket": "b", "key": "k"}}
        if content is not None:
            revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": content}}
        self._deployments[id_] = {
            "deploymentId": id_,
            "computePlatform": platform,
            "status": "InProgress",
            "revision": revision,
        }

    def list_deployments(
        self, includeOnlyStatuses: Sequence[str], nextToken: str | None = None
    ) -> Raw:
        def work() -> Raw:
            found = [i for i, d in self._deployments.items() if d["status"] in includeOnlyStatuses]
            at = int(nextToken or 0)
            answer: Raw = {"deployments": found[at : at + self.per_page]}
            if at + self.per_page < len(found):
                answer["nextToken"] = str(at + self.per_page)
            return answer

        return self.run("ListDeployments", work)

    def batch_get_deployments(self, deploymentIds: Sequence[str]) -> Raw:
        assert 0 < len(deploymentIds) <= 25, "BatchGetDeployments takes 25"
        return self.run(
            "BatchGetDeployments",
            lambda: {"deploymentsInfo": [self._deployments[i] for i in deploymentIds]},
        )
