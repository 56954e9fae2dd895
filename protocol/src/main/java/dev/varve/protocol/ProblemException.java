package dev.varve.protocol;

/**
 * A request that is answered with an error. Has no stack trace: it is thrown for what clients send, and costs no more than
 * an answer should.
 */
public final class ProblemException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    public ProblemException(Problem problem) {
        super(problem.detail(), null, false, false);
        this.problem = problem;
    }

    public ProblemException(ErrorCode code, String detail, String remedy) {
        this(new Problem(code, detail, remedy));
    }

    /** What is told to the client. */
    public Problem problem() {
        return problem;
    }
}
