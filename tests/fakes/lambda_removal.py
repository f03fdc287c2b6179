"""How does Lambda answer to reserved concurrency and to a deletion?

None of the three takes a RevisionId, and none is refused while an update is in progress [inferred:
their shapes name no such error]. A deletion takes versions and aliases with it.
"""

from tests.fakes.failures import client_error
from tests.fakes.lambda_provisioned import UNRESERVED, LambdaProvisioned
from tests.fakes.lambda_state import Raw


class LambdaRemoval(LambdaProvisioned):
    """Reserved concurrency, and the end of a function."""

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
