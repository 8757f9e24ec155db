"""Several people at once on one case: one after the other, never both, never in a ring of locks."""

import threading

from django.db import connections

from gezhi.engines.workflow.act import act
from gezhi.kernel.errors import GezhiError

ROUNDS = 4


def together(*calls):
    """Run the calls at once. Returns what each gave: a record or an error."""
    gate, out = threading.Barrier(len(calls)), [None] * len(calls)

    def run(n, call):
        try:
            gate.wait()
            out[n] = call()
        except Exception as error:
            out[n] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n, call)) for n, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return out


def test_dispatcher_and_clerk_on_one_case_never_deadlock(live_city):
    city = live_city
    clerk, dispatcher = city.actor("unit_clerk"), city.actor("dispatcher")
    for _round in range(ROUNDS):
        case = city.dispatched()
        order = case.orders.get()
        out = together(lambda o=order: act(clerk, o, "sign", {}),
                       lambda c=case: act(dispatcher, c, "reassign", {"unit": city.hb.pk, "opinion": "调整"}))
        assert all(not isinstance(e, Exception) or isinstance(e, GezhiError) for e in out), out
        case = city.again(case)
        assert (case.status, case.unit, city.again(order).status) == ("pending_sign", city.hb, "cancelled")


def test_two_submissions_of_parallel_orders_end_the_case_once(live_city):
    city = live_city
    for _round in range(ROUNDS):
        case = city.give(city.filed(item="0103001"), mode="parallel", others=[city.hb.pk])
        orders = [city.do("unit_clerk", o, "sign", of=o.unit) for o in case.orders.all()]
        out = together(*[lambda o=o: city.submit(o, of=o.unit) for o in orders])
        assert not any(isinstance(e, Exception) for e in out), out
        case = city.again(case)
        assert case.status == "pending_review"
        from gezhi.kernel.records import History

        assert History.objects.filter(register="case", record_id=case.pk, verb="advance",
                                      target="pending_review").count() == 1


def test_the_same_move_twice_at_once_is_made_once(live_city):
    city = live_city
    case = city.filed()
    dispatcher = city.actor("dispatcher")
    out = together(*[lambda: act(dispatcher, case, "dispatch", {"unit": city.cg.pk}) for _n in range(3)])
    assert sum(isinstance(e, GezhiError) for e in out) == 2 and case.orders.count() == 1
