package online.hypermesh.api.consensus;

/** Hears of validators that contradict themselves. */
@FunctionalInterface
public interface EquivocationListener {
    /**
     * A validator was caught; its signatures were checked. Told once per validator, epoch, view and offence, as far as this
     * node remembers; called on a thread of the validator, must return soon.
     *
     * @param equivocation the proof
     */
    void caught(Equivocation equivocation);
}
