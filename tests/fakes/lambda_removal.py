"""How does Lambda answer to reserved concurrency and to a deletion?

None of the three takes a RevisionId, and none is refused while an update is in progress [inferred:
their shapes name no such error]. A deletion takes versions and aliases with it; one of a version is
refused while an alias serves it. Source: DeleteFunction, Lambda API reference.
"""

from collections.abc import Mapping

from tests.fakes.failures import client_error
from tests.fakes.lambda_provisioned import UNRESERVED, LambdaProvisioned
from tests.fakes.lambda_state import Raw


class LambdaRemoval(LambdaProvisioned):
    """Reserved concurrency, and the end of a function or of one version."""

    def put_function_concurrency(self, FunctionName: str, ReservedConcurrentExecutions: int) -> Raw:
        operation = "PutFunctionConcurrency"

        def work() -> Raw:
            function, _ = self._find(FunctionName, None, operation)
            others = sum(f.reserved or 0 for f in self._functions.values() if f is not function)
            left = self.concurrency_limit - others - ReservedConcurrentExecutions
            if ReservedConcurrentExecutions > 0 and left < UNRESERVED:
                message = (
                    "Specified ReservedConcurrentExecutions for function decreases account's "
                    f"UnreservedConcurrentExecution below its minimum value of [{UNRESERVED}]."
                )
                raise client_error("InvalidParameterValueException", message, operation)
            function.reserved = ReservedConcurrentExecutions
            asked = {"reservedConcurrentExecutions": ReservedConcurrentExecutions}
            self._log(f"{operation}20171031", FunctionName, asked)
            return {"ReservedConcurrentExecutions": ReservedConcurrentExecutions}

        return self._call(operation, work)

    def delete_function_concurrency(self, FunctionName: str) -> Raw:
        operation = "DeleteFunctionConcurrency"

        def work() -> Raw:
            function, _ = self._find(FunctionName, None, operation)
            function.reserved = None
            self._log(f"{operation}20171031", FunctionName, {})
            return {}

        return self._call(operation, work)

    def delete_function(self, FunctionName: str, Qualifier: str | None = None) -> Raw:
        operation = "DeleteFunction"

        def work() -> Raw:
            function, qualifier = self._find(FunctionName, Qualifier, operation)
            if Qualifier is not None:
                _refuse_served(function.aliases, Qualifier, operation)
            self._log(
                f"{operation}20150331",
                FunctionName,
                {} if Qualifier is None else {"qualifier": Qualifier},
            )
            if Qualifier is None:
                del self._functions[function.latest["FunctionName"]]
            else:
                del function.versions[qualifier]
            return {}

        return self._call(operation, work)


def _refuse_served(aliases: Mapping[str, Raw], number: str, operation: str) -> None:
    for name, alias in aliases.items():
        weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        if number in (alias["FunctionVersion"], *weights):
            message = f"Unable to delete version because the aliases [{name}] reference it"
            raise client_error("ResourceConflictException", message, operation, status=409)
