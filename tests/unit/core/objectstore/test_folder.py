import threading
from pathlib import Path

from kubelore.objectstore.folder import FolderStore


def test_deletes_and_puts_under_one_prefix_do_not_disturb_each_other(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)

    def put_and_delete(name: str) -> None:
        for _ in range(50):
            store.put(f"deep/er/{name}", b"x")
            store.delete([f"deep/er/{name}"])
        store.put(f"deep/er/{name}", b"last")

    workers = [threading.Thread(target=put_and_delete, args=(str(index),)) for index in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [info.key for info in store.list("deep/")] == [f"deep/er/{index}" for index in range(4)]
