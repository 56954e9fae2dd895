package dev.varve.client;

/** The server refused the request and said why: a wrong argument, a limit, a full disk. */
public final class RefusedException extends VarveException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String code;

    RefusedException(int status, Problem problem) {
        super(problem.message(), null);
        this.status = status;
        this.code = problem.code();
    }

    /** The HTTP status, 400 to 599. */
    public int status() {
        return status;
    }

    /** The server's stable name of the error; empty if the answer had none. */
    public String code() {
        return code;
    }
}
