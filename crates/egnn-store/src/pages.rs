//! Pages of a column chunk, checked for what the decoder takes for granted.

use parquet::{
    basic::Encoding,
    column::{
        page::{Page, PageMetadata, PageReader},
        reader::{ColumnReader, get_column_reader},
    },
    errors::{ParquetError, Result},
    file::reader::RowGroupReader,
};

/// Reader of a column of a row group. Damaged pages give errors, where the decoder by itself would panic.
pub(crate) fn column_reader(group: &dyn RowGroupReader, column: usize) -> Result<ColumnReader> {
    let pages = CheckedPages {
        inner: group.get_column_page_reader(column)?,
        has_dictionary: false,
        values_left: group.metadata().column(column).num_values(),
    };
    Ok(get_column_reader(group.metadata().schema_descr().column(column), Box::new(pages)))
}

struct CheckedPages {
    inner: Box<dyn PageReader>,
    has_dictionary: bool,
    /// Values that the footer promises and no page has held yet: a page must not promise more than there is memory.
    values_left: i64,
}

impl CheckedPages {
    fn check(&mut self, page: &Page) -> Result<()> {
        let refers_to_dictionary = matches!(page.encoding(), Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY);
        if matches!(page, Page::DictionaryPage { .. }) {
            self.has_dictionary = true;
            return Ok(());
        }
        if refers_to_dictionary && !self.has_dictionary {
            return Err(ParquetError::General("a page refers to a dictionary that is not there".into()));
        }
        if matches!(page.encoding(), Encoding::DELTA_BINARY_PACKED) {
            // Its decoder panics on damaged pages. N-body's indices are written so, and never read.
            return Err(ParquetError::General("a page holds differences, which no column that is read does".into()));
        }
        self.values_left -= i64::from(page.num_values());
        if self.values_left < 0 {
            return Err(ParquetError::General("its pages hold more values than the footer says".into()));
        }
        Ok(())
    }
}

impl PageReader for CheckedPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.inner.get_next_page()?;
        page.iter().try_for_each(|page| self.check(page))?;
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.inner.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.inner.skip_next_page()
    }
}

impl Iterator for CheckedPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}
